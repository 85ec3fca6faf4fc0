import { type Project, setProjectStatus, setProvisioning } from "@tidewire/db/projects";
import type { ProvisioningStep } from "@tidewire/db/provisioning";
import { reasonOf } from "@tidewire/db/reason";
import type { StepContext } from "./step-context.ts";
import { StepFailed } from "./step-failed.ts";
import { findStep } from "./steps.ts";

/** The slowest step is a migration, whose statements may take a minute each on a busy server. */
const STEP_DEADLINE_MS = 180_000;

export type RunOptions = Omit<StepContext, "note" | "project"> & { nowMs: () => number };

/**
 * Does what is not done yet, in order, and writes every turn to the project's row: who reads the row knows where it
 * stands, whoever dies. Ends with the project `active`, or `failed` at the step that says why. Does not reject because
 * of a step; only because of the control database.
 *
 * @returns whether the project is ready
 */
export async function runSteps(options: RunOptions, project: Project): Promise<boolean> {
  const { db } = options.plane;
  let steps: ProvisioningStep[] = project.provisioning;
  const save = async (id: string, change: Partial<ProvisioningStep>) => {
    steps = steps.map((step) => (step.id === id ? { ...step, ...change } : step));
    await setProvisioning(db, project.ref, steps);
  };
  for (const { id, state } of steps) {
    if (state === "done") continue;
    const startedAtMs = options.nowMs();
    await save(id, {
      state: "running",
      startedAtMs,
      finishedAtMs: undefined,
      error: undefined,
      remedy: undefined,
    });
    const notes = new NoteWriter((note) => save(id, { note }));
    const failure = await attempt(id, { ...options, project, note: (text) => notes.write(text) });
    await notes.settled();
    const finishedAtMs = options.nowMs();
    if (failure !== null) {
      await save(id, { state: "failed", finishedAtMs, note: undefined, ...failure });
      await setProjectStatus(db, project.ref, "failed");
      return false;
    }
    await save(id, { state: "done", finishedAtMs });
  }
  await setProjectStatus(db, project.ref, "active");
  return true;
}

async function attempt(id: string, ctx: StepContext): Promise<{ error: string; remedy?: string } | null> {
  const step = findStep(id);
  if (step === undefined) return { error: `This version of Tidewire does not know the step ${id}.` };
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    const seconds = STEP_DEADLINE_MS / 1000;
    timer = setTimeout(
      () => reject(new StepFailed(`This took longer than ${seconds} s and was given up.`)),
      STEP_DEADLINE_MS,
    );
  });
  try {
    await Promise.race([step.run(ctx), tooLate]);
    return null;
  } catch (error) {
    if (error instanceof StepFailed) return { error: error.message, remedy: error.remedy };
    return { error: toSentence(reasonOf(error)) };
  } finally {
    clearTimeout(timer);
  }
}

function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}

/** Notes come faster than rows are worth writing: one write at a time, and only the newest waits. */
class NoteWriter {
  readonly #save: (note: string) => Promise<void>;
  #writing: Promise<void> | undefined;
  #next: string | undefined;

  constructor(save: (note: string) => Promise<void>) {
    this.#save = save;
  }

  write(text: string): void {
    this.#next = text;
    this.#writing ??= this.#drain();
  }

  async settled(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    while (this.#next !== undefined) {
      const note = this.#next;
      this.#next = undefined;
      // Losing a note loses nothing; the step's own end is written without fail.
      await this.#save(note).catch(() => undefined);
    }
    this.#writing = undefined;
  }
}
