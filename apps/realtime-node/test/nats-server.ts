import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";

/** Debian puts servers into /usr/sbin, which is not on everybody's PATH. */
const EXTRA_FOLDERS = ["/usr/sbin", "/usr/local/bin"];

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** The nats-server of this machine; undefined, with a line that says so, when there is none. */
export function findNatsServer(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...EXTRA_FOLDERS];
  const found = folders.map((folder) => join(folder, "nats-server")).find(isExecutable);
  if (found === undefined)
    console.log("SKIPPED: the NATS tests need nats-server on the PATH (Debian: nats-server)");
  return found;
}

/** A server on a free loopback port with the default settings of nats-server. The caller must stop it. */
export async function startNatsServer(binary: string, args: readonly string[] = []): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-nats-"));
  const child = spawn(binary, ["-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const output: string[] = [];
  child.stderr.on("data", (chunk) => output.push(String(chunk)));
  const portsFile = join(folder, `${basename(binary)}_${child.pid}.ports`);
  const port = await eventually(() => readPort(portsFile, child, output));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, url: `nats://127.0.0.1:${port}`, stop, [Symbol.asyncDispose]: stop };
}

function readPort(portsFile: string, child: ChildProcess, output: readonly string[]): number {
  if (child.exitCode !== null) throw new Error(`nats-server ended: ${output.join("")}`);
  const ports: { nats: string[] } = JSON.parse(readFileSync(portsFile, "utf8"));
  return Number(new URL(ports.nats[0] ?? "").port);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
