// `npm run chaos`: the chaos suite for ten minutes (or TIDEWIRE_CHAOS_SECONDS) from a new seed, or the one in SEED.
import { spawnSync } from "node:child_process";
import { ROOT } from "./prepare/run-step.mjs";

const SEED = process.env.SEED ?? String(Date.now() % 2 ** 31);
const { status } = spawnSync("npx", ["--no-install", "vitest", "run", "chaos.integration"], {
  cwd: ROOT,
  env: { TIDEWIRE_CHAOS_SECONDS: "600", ...process.env, SEED },
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
