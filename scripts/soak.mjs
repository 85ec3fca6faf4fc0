// `npm run soak`: three regions, six nodes, 300 clients, five minutes, from a new seed (or the one in TIDEWIRE_FUZZ_SEED).
// TIDEWIRE_SOAK=short runs two regions, four nodes and 24 clients for 25 seconds.
// TIDEWIRE_SOAK_RECORD=<file> keeps what every client saw.
import { spawnSync } from "node:child_process";
import { ROOT } from "./prepare/run-step.mjs";

const seed = process.env.TIDEWIRE_FUZZ_SEED ?? String(Date.now() % 2 ** 31);
console.log(`TIDEWIRE_FUZZ_SEED=${seed}`);

const { status } = spawnSync("npx", ["--no-install", "vitest", "run", "test/soak.integration"], {
  cwd: ROOT,
  env: { TIDEWIRE_SOAK: "long", ...process.env, TIDEWIRE_FUZZ_SEED: seed },
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
