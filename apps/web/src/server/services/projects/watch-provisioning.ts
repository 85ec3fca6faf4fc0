import { setTimeout as delay } from "node:timers/promises";
import { findProject, type Project } from "@tidewire/db/projects";
import type { MemberScope } from "../../context.ts";
import type { Provisioning, ProvisioningStep } from "../../views/project.ts";
import { findOwnProject } from "./find-own-project.ts";
import { toProjectState } from "./to-project-state.ts";

/** Steps take tens of milliseconds to seconds; slower looking would hide the quick ones. */
const LOOK_MS = 200;

/**
 * The steps as they go, from their row: it makes no difference which server runs them. Ends when the project is ready
 * or gone, not when a step fails: it may be retried.
 *
 * @throws Problem `ProjectNotFound`
 */
export async function* watchProvisioning(
  ctx: MemberScope,
  ref: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Provisioning, void, void> {
  let project: Project | undefined = (await findOwnProject(ctx, ref)).project;
  let shown = "";
  while (project !== undefined && signal?.aborted !== true) {
    const view = toProvisioning(project);
    const text = JSON.stringify(view);
    if (text !== shown) yield view;
    shown = text;
    if (view.state === "ready" && view.steps.every(({ state }) => state === "done")) return;
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    // An outage of the control database shows nothing new; the page keeps what it has.
    const last: Project = project;
    project = await findProject(ctx.resources.db, ref).catch(() => last);
  }
}

function toProvisioning({ ref, name, status, provisioning }: Project): Provisioning {
  return {
    ref,
    name,
    state: toProjectState(status),
    steps: provisioning.map(
      ({ id, title, state, startedAtMs, finishedAtMs, note, error, remedy }): ProvisioningStep => ({
        id,
        title,
        state,
        startedAtMs: startedAtMs ?? null,
        ms: startedAtMs === undefined || finishedAtMs === undefined ? null : finishedAtMs - startedAtMs,
        note: note ?? null,
        error: error === undefined ? null : { message: error, remedy: remedy ?? null },
      }),
    ),
  };
}
