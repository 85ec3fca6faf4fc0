import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ROOT } from "../prepare/run-step.mjs";
import type { Home } from "./home.ts";
import type { Settings } from "./settings.ts";
import { Supervised } from "./supervised.ts";

const READY_DEADLINE_MS = 90_000;
const PROBE_TIMEOUT_MS = 2_000;
const POLL_MS = 150;
const NODE_DRAIN_MS = 1_500;

const WEB = path.join(ROOT, "apps/web");
const NODE_ENTRY = path.join(ROOT, "apps/realtime-node/dist/main.js");
/** Marks of our processes on a command line, to tell them from others that reuse a pid. */
export const NODE_MARK = path.join("realtime-node", "dist", "main.js");

export interface WebUrls {
  database: string;
  nodeDatabase: string;
  managedServer: string;
  nats?: string;
}

export function startWeb(
  settings: Settings,
  home: Home,
  urls: WebUrls,
  say: (line: string) => void,
): Supervised {
  const { secrets } = home;
  const port = String(settings.webPort);
  const built = { command: process.execPath, args: [path.join(WEB, ".next/standalone/apps/web/server.js")] };
  const next = path.join(ROOT, "node_modules/next/dist/bin/next");
  const reloading = {
    command: process.execPath,
    args: [next, "dev", WEB, "--port", port, "--hostname", "127.0.0.1"],
  };
  return new Supervised(
    {
      name: "the dashboard",
      ...(settings.dev ? reloading : built),
      cwd: WEB,
      logFile: path.join(home.logs, "web.log"),
      env: {
        ...process.env,
        NODE_ENV: settings.dev ? "development" : "production",
        NEXT_TELEMETRY_DISABLED: "1",
        PORT: port,
        HOSTNAME: "127.0.0.1",
        DATABASE_URL: urls.database,
        TIDEWIRE_NODE_DATABASE_URL: urls.nodeDatabase,
        TIDEWIRE_MANAGED_DATABASE_URL: urls.managedServer,
        TIDEWIRE_SECRETS_KEY: secrets.secretsKey,
        TIDEWIRE_NODE_SECRET: secrets.nodeSecret,
        BETTER_AUTH_SECRET: secrets.authSecret,
        BETTER_AUTH_URL: webUrl(settings),
        TIDEWIRE_HOME: home.dir,
        TIDEWIRE_NODE_PORT: String(settings.nodePort),
        TIDEWIRE_NODE_ENTRY: NODE_ENTRY,
        TIDEWIRE_OWNER_PID: String(process.pid),
        TIDEWIRE_DRAIN_MS: String(NODE_DRAIN_MS),
        ...(urls.nats && { NATS_URL: urls.nats }),
      },
    },
    say,
  );
}

export function webUrl(settings: Settings): string {
  return `http://localhost:${settings.webPort}`;
}

/** @throws Error when the URL does not answer 200 within 90 s, or as soon as `aborted` says the wait is pointless */
export async function untilAnswers(
  url: string,
  what: string,
  aborted: () => boolean = () => false,
): Promise<void> {
  const deadlineMs = Date.now() + READY_DEADLINE_MS;
  while (!(await answers(url))) {
    if (aborted()) throw new Error("stopped before it was ready.");
    if (Date.now() > deadlineMs)
      throw new Error(
        `${what} did not answer on ${url} within ${READY_DEADLINE_MS / 1000} s; see the logs folder.`,
      );
    await delay(POLL_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}
