import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT, runStep } from "./run-step.mjs";

const LOCK = path.join(ROOT, "package-lock.json");
const MARK = path.join(ROOT, "node_modules", ".tidewire-lock-sha256");
const NPM_RECORD = path.join(ROOT, "node_modules", ".package-lock.json");

/** Brings node_modules to what package-lock.json says; does nothing when it is there already. */
export async function installDependencies() {
  const wanted = createHash("sha256").update(readFileSync(LOCK)).digest("hex");
  if (isInstalled(wanted)) return;
  await runStep("Installing dependencies (npm ci)", "npm", ["ci", "--no-audit", "--no-fund"]);
  writeFileSync(MARK, wanted);
}

function isInstalled(wanted) {
  if (existsSync(MARK)) return readFileSync(MARK, "utf8") === wanted;
  // Installed by hand: npm's own record is written last, so a newer record than the lock is a finished install.
  return existsSync(NPM_RECORD) && statSync(NPM_RECORD).mtimeMs >= statSync(LOCK).mtimeMs;
}
