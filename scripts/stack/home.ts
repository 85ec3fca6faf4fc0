import { randomBytes } from "node:crypto";
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { isRunning } from "../../apps/web/src/server/fleet/process-table.ts";

const Secrets = z.object({
  /** 32 bytes, base64: seals database URLs and JWT secrets in the control database. */
  secretsKey: z.string(),
  /** Signs the dashboard's short-lived tokens for the nodes' admin ports. */
  nodeSecret: z.string(),
  authSecret: z.string(),
  postgresPassword: z.string(),
  nodeDatabasePassword: z.string(),
  adminPassword: z.string(),
  /** Secret API keys of seeded projects: the control database keeps only their hashes. */
  projectSecretKeys: z.record(z.string(), z.string()),
});
export type Secrets = z.infer<typeof Secrets>;

/** The folder that one running Tidewire owns: data, generated secrets, logs, `run.json`. */
export interface Home {
  readonly dir: string;
  readonly logs: string;
  readonly secrets: Secrets;
  saveSecrets(): void;
  release(): void;
}

/**
 * Opens the home for this process alone, making it and its secrets on first use.
 *
 * @throws Error in one sentence: not writable, or another Tidewire runs from it
 */
export function openHome(dir: string): Home {
  const logs = path.join(dir, "logs");
  try {
    mkdirSync(logs, { recursive: true });
    accessSync(dir, constants.W_OK);
  } catch (cause) {
    throw new Error(`the home ${dir} cannot be written; set TIDEWIRE_HOME to a folder of yours.`, { cause });
  }
  const release = lock(path.join(dir, "start.pid"));
  const secretsFile = path.join(dir, "secrets.json");
  const secrets = readSecrets(secretsFile) ?? createSecrets();
  const saveSecrets = () => writeAtomically(secretsFile, JSON.stringify(secrets, null, 2));
  saveSecrets();
  return { dir, logs, secrets, saveSecrets, release };
}

/** Mode 0600 and all or nothing: a crash in between leaves the old file. */
export function writeAtomically(file: string, text: string): void {
  const unfinished = `${file}.unfinished`;
  writeFileSync(unfinished, `${text}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

function lock(file: string): () => void {
  const owner = readPid(file);
  if (owner !== undefined && owner !== process.pid && isRunning(owner, "start.mjs")) {
    throw new Error(`another Tidewire (pid ${owner}) already runs from ${path.dirname(file)}.`);
  }
  writeAtomically(file, String(process.pid));
  return () => rmSync(file, { force: true });
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function readSecrets(file: string): Secrets | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  // A new key would make every sealed value unreadable, so a damaged file is for a person to decide on.
  try {
    return Secrets.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is damaged; restore it, or move the home away to start afresh.`, { cause });
  }
}

function createSecrets(): Secrets {
  const random = (bytes: number) => randomBytes(bytes).toString("base64url");
  return {
    secretsKey: randomBytes(32).toString("base64"),
    nodeSecret: random(32),
    authSecret: random(32),
    postgresPassword: random(18),
    nodeDatabasePassword: random(18),
    adminPassword: random(12),
    projectSecretKeys: {},
  };
}
