import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";

/** Another machine: a network namespace that only cables lead to. `await using` ends its programs and removes it. */
export interface Netns extends AsyncDisposable {
  /** Lays one more cable from here to there. */
  cable(): Cable;
  /** Starts a program over there. The caller need not end it. */
  run(command: string, args: readonly string[]): ChildProcess;
}

export interface Cable {
  /** This side's. */
  readonly hostAddress: string;
  readonly farAddress: string;
  /** Nothing gets through any more, and neither side is told. */
  pull(): void;
  plug(): void;
  /** Delays and loses packets in both directions. False, with a line that says so, where the kernel cannot. */
  impair(weather: { delayMs: number; lossPercent: number }): boolean;
}

/** Undefined, with a line that says why, where namespaces are not allowed. */
export function tryNetns(): Netns | undefined {
  const name = `tw${randomBytes(3).toString("hex")}`;
  try {
    ip("netns", "add", name);
  } catch (error) {
    console.log(`SKIPPED: network namespaces need root and iproute2 (${reasonOf(error)})`);
    return undefined;
  }
  const machine = new Machine(name);
  try {
    ip("-n", name, "link", "set", "lo", "up");
    machine.probe();
    return machine;
  } catch (error) {
    machine.remove();
    console.log(`SKIPPED: network namespaces need veth in the kernel (${reasonOf(error)})`);
    return undefined;
  }
}

class Machine implements Netns {
  readonly #name: string;
  /** Of the range that is kept for tests of networks (RFC 2544), so that nothing real is hidden. */
  readonly #subnet = `198.${18 + (randomBytes(1).readUInt8() % 2)}.${randomBytes(1).readUInt8()}`;
  readonly #children: ChildProcess[] = [];
  readonly #onExit = () => this.remove();
  readonly #hostEnds: string[] = [];
  readonly #ready: Cable[] = [];
  #laid = 0;

  constructor(name: string) {
    this.#name = name;
    process.once("exit", this.#onExit);
  }

  /** @throws Error where cables are not allowed */
  probe(): void {
    this.#ready.push(this.#lay());
  }

  cable(): Cable {
    return this.#ready.pop() ?? this.#lay();
  }

  run(command: string, args: readonly string[]): ChildProcess {
    const child = spawn("ip", ["netns", "exec", this.#name, command, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#children.push(child);
    return child;
  }

  remove(): void {
    process.removeListener("exit", this.#onExit);
    for (const child of this.#children) child.kill("SIGKILL");
    // Connections that nobody answers would keep the namespace, and its cables, for minutes.
    for (const end of this.#hostEnds.splice(0)) ip("link", "delete", end);
    ip("netns", "delete", this.#name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#children.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    const gone = Promise.all(running.map((child) => once(child, "exit")));
    this.remove();
    await gone;
  }

  #lay(): Cable {
    const number = this.#laid++;
    const [here, there] = [`${this.#name}h${number}`, `${this.#name}c${number}`];
    // Each cable is a subnet of four addresses, of which the middle two are usable.
    const hostAddress = `${this.#subnet}.${number * 4 + 1}`;
    const farAddress = `${this.#subnet}.${number * 4 + 2}`;
    const far = (...args: string[]) => ip("-n", this.#name, ...args);
    ip("link", "add", here, "type", "veth", "peer", "name", there);
    this.#hostEnds.push(here);
    ip("link", "set", there, "netns", this.#name);
    ip("addr", "add", `${hostAddress}/30`, "dev", here);
    ip("link", "set", here, "up");
    far("addr", "add", `${farAddress}/30`, "dev", there);
    far("link", "set", there, "up");
    return {
      hostAddress,
      farAddress,
      // The far end: with its own end down a machine would try other ways out, and be told that there are none.
      pull: () => void far("link", "set", there, "down"),
      plug: () => void far("link", "set", there, "up"),
      impair: ({ delayMs, lossPercent }) => {
        const qdisc = ["root", "netem", "delay", `${delayMs}ms`, "loss", `${lossPercent}%`];
        const tc = (...args: string[]) => execFileSync("tc", args, { stdio: "pipe" });
        try {
          tc("qdisc", "replace", "dev", here, ...qdisc);
          tc("-n", this.#name, "qdisc", "replace", "dev", there, ...qdisc);
          return true;
        } catch (error) {
          console.log(`SKIPPED: delay and loss need netem in the kernel (${reasonOf(error)})`);
          return false;
        }
      },
    };
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").filter(Boolean).slice(0, 2).join(": ");
}
