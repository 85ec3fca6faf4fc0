import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const RESTART_DELAY_MS = 500;
const RESTART_DELAY_MAX_MS = 4_000;
/** A child that lived this long is healthy again: the next restart is quick. */
const STABLE_MS = 30_000;

export interface ChildSpec {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  logFile: string;
}

/** A child process that is restarted whenever it ends, until it is stopped. */
export class Supervised {
  readonly #spec: ChildSpec;
  readonly #onRestart: (reason: string) => void;
  #child: ChildProcess | undefined;
  #stopping = false;
  #delayMs = RESTART_DELAY_MS;

  constructor(spec: ChildSpec, onRestart: (reason: string) => void) {
    this.#spec = spec;
    this.#onRestart = onRestart;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Asks the child to end and insists after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await gone;
    clearTimeout(force);
  }

  #start(): void {
    const { command, args, env, cwd, logFile } = this.#spec;
    const log = openSync(logFile, "a");
    const child = spawn(command, args, { env, cwd, stdio: ["ignore", log, log] });
    closeSync(log);
    const startedMs = Date.now();
    this.#child = child;
    child.once("error", (error) => this.#ended(error.message, startedMs));
    child.once("exit", (code, signal) => this.#ended(signal ?? `exit code ${code}`, startedMs));
  }

  #ended(how: string, startedMs: number): void {
    if (this.#stopping) return;
    this.#delayMs =
      Date.now() - startedMs > STABLE_MS
        ? RESTART_DELAY_MS
        : Math.min(this.#delayMs * 2, RESTART_DELAY_MAX_MS);
    this.#onRestart(`${this.#spec.name} ended (${how}); restarting, see ${this.#spec.logFile}`);
    void delay(this.#delayMs).then(() => {
      if (!this.#stopping) this.#start();
    });
  }
}
