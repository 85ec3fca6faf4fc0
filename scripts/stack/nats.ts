import { accessSync, constants } from "node:fs";
import path from "node:path";
import type { Home } from "./home.ts";
import { Supervised } from "./supervised.ts";

/** Debian puts the server where an ordinary user's PATH does not look. */
const USUAL_FOLDERS = ["/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"];
const PORT_OFFSET = 222;

export interface LocalNats {
  url: string;
  stop(): Promise<void>;
}

/** @throws Error in one sentence when this machine has no nats-server */
export function startNats(
  home: Home,
  nodePort: number,
  say: (line: string) => void,
  folders?: readonly string[],
): LocalNats {
  const command = findNatsServer(folders);
  if (!command) {
    throw new Error(
      "more than one node needs NATS, and there is no nats-server here; install it (Debian: apt-get install nats-server) or set NATS_URL.",
    );
  }
  const port = nodePort + PORT_OFFSET;
  const server = new Supervised(
    {
      name: "nats-server",
      command,
      args: ["--addr", "127.0.0.1", "--port", String(port)],
      env: process.env,
      logFile: path.join(home.logs, "nats.log"),
    },
    say,
  );
  return { url: `nats://127.0.0.1:${port}`, stop: () => server.stop(1_000) };
}

export function findNatsServer(
  folders: readonly string[] = [...(process.env.PATH ?? "").split(path.delimiter), ...USUAL_FOLDERS],
): string | undefined {
  return folders.map((folder) => path.join(folder, "nats-server")).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
