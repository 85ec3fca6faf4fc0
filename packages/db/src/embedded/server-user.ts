import { execFileSync } from "node:child_process";

/** The operating system user the server runs as; empty means: the current one. */
export interface ServerUser {
  uid?: number;
  gid?: number;
}

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
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error("Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as.");
}

function idOf(flag: "-u" | "-g", name: string): number | undefined {
  try {
    return Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return undefined;
  }
}
