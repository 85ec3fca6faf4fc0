import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { clearLockFile } from "@tidewire/db/embedded/lock-file";

/** Folders of test servers begin like this, in the system's folder for temporary files. */
export const FOLDER_PREFIX = "tidewire-postgres-";
const OWNER_FILE = "owner.pid";

/** Says whose server lives in `folder`. */
export function claimFolder(folder: string): void {
  writeFileSync(path.join(folder, OWNER_FILE), String(process.pid));
}

/** Stops the servers, and removes the data, of test processes that were killed before they could do it themselves. */
export async function sweepOrphans(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const folder of folders.map((name) => path.join(tmpdir(), name))) {
    try {
      const owner = Number(readFileSync(path.join(folder, OWNER_FILE), "utf8"));
      if (isAlive(owner)) continue;
      await clearLockFile(path.join(folder, "data"));
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Not claimed yet, somebody else's, or just being swept by another suite: none of it concerns this one.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && Reflect.get(error, "code") === "ESRCH");
  }
}
