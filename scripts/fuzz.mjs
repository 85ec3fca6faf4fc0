// `npm run fuzz`: the fuzz suite for a long time, from a new seed unless TIDEWIRE_FUZZ_SEED names one.
import { spawnSync } from "node:child_process";
import { ROOT } from "./prepare/run-step.mjs";

const { status } = spawnSync("npx", ["--no-install", "vitest", "run", "fuzz.integration"], {
  cwd: ROOT,
  env: { TIDEWIRE_FUZZ_RUNS: "1000", ...process.env },
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
