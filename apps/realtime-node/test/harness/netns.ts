import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/** A machine of its own at the other end of a cable. */
export interface Netns extends AsyncDisposable {
  /** This side of the cable. */
  readonly hostAddress: string;
  /** Starts a program over there. The caller need not end it. */
  run(command: string, args: readonly string[]): ChildProcess;
  pullCable(): void;
}

/** Undefined, with a line that says why, where namespaces are not allowed. */
export function tryNetns(): Netns | undefined {
  const id = process.pid % 100_000;
  const name = `tw${id}`;
  const subnet = `10.${100 + (id % 100)}.${(id >> 3) % 250}`;
  const ip = (...args: string[]) => execFileSync("ip", args, { stdio: "pipe" });
  const children: ChildProcess[] = [];
  const remove = () => {
    try {
      ip("netns", "delete", name);
    } catch {
      // It was never made.
    }
  };
  try {
    ip("netns", "add", name);
    ip("link", "add", `${name}h`, "type", "veth", "peer", "name", `${name}c`);
    ip("link", "set", `${name}c`, "netns", name);
    ip("addr", "add", `${subnet}.1/24`, "dev", `${name}h`);
    ip("link", "set", `${name}h`, "up");
    ip("-n", name, "addr", "add", `${subnet}.2/24`, "dev", `${name}c`);
    ip("-n", name, "link", "set", `${name}c`, "up");
  } catch (error) {
    remove();
    const why = error instanceof Error ? error.message.split("\n").at(0) : String(error);
    console.log(`SKIPPED: network namespaces need root and iproute2 (${why})`);
    return undefined;
  }
  return {
    hostAddress: `${subnet}.1`,
    run(command, args) {
      const child = spawn("ip", ["netns", "exec", name, command, ...args], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      return child;
    },
    pullCable: () => void ip("link", "set", `${name}h`, "down"),
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
      }
      remove();
    },
  };
}
