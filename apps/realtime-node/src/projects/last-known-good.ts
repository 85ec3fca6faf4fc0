import { mkdir, open as openFile, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProjectRecord } from "@tidewire/db/node-store";
import { open, type SecretsKey, seal } from "@tidewire/db/secrets";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { z } from "zod";

const FILE_NAME = "projects.sealed";
const PLACE = "node.last-known-good";
const OWNER_ONLY = 0o600;
/** Bursts of changes cost one write. */
const WRITE_DELAY_MS = 200;

const Contents = z.object({
  version: z.literal(1),
  projects: z.array(
    z.object({
      ref: z.string(),
      name: z.string(),
      externalId: z.string().optional(),
      region: z.string(),
      databaseUrl: z.string(),
      jwtSecret: z.string(),
      jwks: z.object({ keys: z.array(z.unknown()) }).nullable(),
      limits: ProjectLimits,
      settings: ProjectSettings,
      keys: z.array(
        z.object({
          kind: z.enum(["publishable", "secret"]),
          hash: z.string(),
          expiresAtMs: z.number().optional(),
        }),
      ),
      version: z.number(),
    }),
  ),
});

interface Options {
  stateDir: string;
  key: SecretsKey;
  /** Told of a write that failed; the next change tries again. */
  onFault: (cause: unknown) => void;
}

/**
 * The projects this node served, sealed in one file of its state directory, so that a node restarted while the control
 * database is away still knows them (promise P9). Written whole to a new file that then takes the old one's place: a
 * crash leaves the old or the new one, never half of one.
 */
export class LastKnownGood {
  readonly #path: string;
  readonly #key: SecretsKey;
  readonly #onFault: (cause: unknown) => void;
  #pending: (() => readonly ProjectRecord[]) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor({ stateDir, key, onFault }: Options) {
    this.#path = join(stateDir, FILE_NAME);
    this.#key = key;
    this.#onFault = onFault;
  }

  /** Null when there is no file. Rejects when it is there and cannot be read, with another key for instance. */
  async read(): Promise<ProjectRecord[] | null> {
    let sealed: string;
    try {
      sealed = await readFile(this.#path, "utf8");
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
      throw cause;
    }
    return Contents.parse(JSON.parse(open(this.#key, sealed, PLACE))).projects;
  }

  /** Writes soon what `records` then returns. */
  save(records: () => readonly ProjectRecord[]): void {
    this.#pending = records;
    this.#timer ??= setTimeout(() => void this.flush(), WRITE_DELAY_MS);
  }

  /** Resolves when everything saved so far is on the disk, or has been reported as a fault. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = this.#pending;
    this.#pending = undefined;
    if (records !== undefined) {
      this.#writing = this.#writing.then(() => this.#write(records())).catch(this.#onFault);
    }
    await this.#writing;
  }

  async #write(projects: readonly ProjectRecord[]): Promise<void> {
    const fresh = `${this.#path}.new`;
    await mkdir(dirname(this.#path), { recursive: true });
    await rm(fresh, { force: true });
    const file = await openFile(fresh, "wx", OWNER_ONLY);
    try {
      await file.writeFile(seal(this.#key, JSON.stringify({ version: 1, projects }), PLACE));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.#path);
  }
}
