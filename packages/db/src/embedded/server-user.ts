import { execFileSync, spawnSync } from "node:child_process";

/** The operating system user the server runs as; empty means: the current one. */
export interface ServerUser {
  uid?: number;
  gid?: number;
  /** Whether it can be given the right to pass through folders that are closed to it. */
  passes?: boolean;
}

const PROBE_TIMEOUT_MS = 5_000;

/**
 * Postgres refuses to run as root, so root hands the server to `postgres` or, where that does not exist, `nobody`.
 *
 * @throws Error when root finds neither
 */
export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const uid = idOf("-u", name);
    const gid = idOf("-g", name);
    if (uid !== undefined && gid !== undefined) return { uid, gid, passes: mayPass({ uid, gid }) };
  }
  throw new Error("Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as.");
}

interface UserCommand {
  command: string;
  args: string[];
  options: { uid?: number; gid?: number };
}

/**
 * How to start `program` as that user. A checkout in /root or a home made by mktemp lies behind folders that only root
 * may enter; where util-linux and the kernel allow it, the server gets the one right to read past them, and no more.
 */
export function asUser(
  { uid, gid, passes }: ServerUser,
  program: string,
  args: readonly string[],
): UserCommand {
  if (uid === undefined || gid === undefined) return { command: program, args: [...args], options: {} };
  if (passes !== true) return { command: program, args: [...args], options: { uid, gid } };
  const rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return { command: "setpriv", args: [...identity, ...rights, "--", program, ...args], options: {} };
}

function mayPass(user: ServerUser): boolean {
  const { command, args } = asUser({ ...user, passes: true }, "true", []);
  return spawnSync(command, args, { timeout: PROBE_TIMEOUT_MS, stdio: "ignore" }).status === 0;
}

function idOf(flag: "-u" | "-g", name: string): number | undefined {
  try {
    return Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return undefined;
  }
}
