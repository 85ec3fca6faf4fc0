import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { withProgress } from "./progress.mjs";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const TAIL_CHARS = 4_000;
const QUIET = {
  TURBO_TELEMETRY_DISABLED: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  CHECKPOINT_DISABLE: "1",
  npm_config_fund: "false",
};

/**
 * Runs a command of the repository under a progress line; its output is shown only when it fails.
 *
 * @param {string} label
 * @param {string} command
 * @param {readonly string[]} args
 * @throws Error naming the command and holding the end of its output
 */
export function runStep(label, command, args) {
  return withProgress(label, () => run(command, args));
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...QUIET },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let tail = "";
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-TAIL_CHARS);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else
        reject(
          new Error(
            `\`${command} ${args.join(" ")}\` ended with ${signal ?? `exit code ${code}`}.\n${tail.trim()}`,
          ),
        );
    });
  });
}
