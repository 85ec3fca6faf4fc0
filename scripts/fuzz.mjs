// `npm run fuzz`: every random test from a new seed (or the one in TIDEWIRE_FUZZ_SEED), the fuzz suite for a long time.
import { spawnSync } from "node:child_process";
import { ROOT } from "./prepare/run-step.mjs";

const RANDOM_TESTS = [
  ["--project", "unit"],
  ["relay.integration", "presence-replication.integration", "filters.integration", "visibility.integration"],
  ["fuzz.integration"],
];
const seed = process.env.TIDEWIRE_FUZZ_SEED ?? String(Date.now() % 2 ** 31);
console.log(`TIDEWIRE_FUZZ_SEED=${seed}`);

const failed = RANDOM_TESTS.filter((filters) => {
  const { status } = spawnSync("npx", ["--no-install", "vitest", "run", ...filters], {
    cwd: ROOT,
    env: { TIDEWIRE_FUZZ_RUNS: "1000", ...process.env, TIDEWIRE_FUZZ_SEED: seed },
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  return status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
