import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import type { TestControlPlane } from "./control-plane.ts";
import { ADMIN } from "./control-plane.ts";

const SERVER = join(import.meta.dirname, "../.next/standalone/apps/web/server.js");
/** Made by `turbo run build`, which the whole suite does before. */
export const isBuilt = existsSync(SERVER);

/** The built dashboard as `npm start` runs it. */
export interface DashboardServer extends AsyncDisposable {
  url: string;
  child: ChildProcess;
  /** Everything it wrote so far. */
  output(): string;
}

/** Does not wait for anything; the caller ends the child. */
export function spawnDashboard(plane: TestControlPlane, port: number, env: Record<string, string>) {
  const child = spawn(process.execPath, [SERVER], {
    // Not everything we have: libraries that notice a test runner turn their guards off.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "production",
      PORT: String(port),
      HOSTNAME: "127.0.0.1",
      DATABASE_URL: plane.databaseUrl,
      TIDEWIRE_NODE_DATABASE_URL: plane.env.nodeDatabaseUrl,
      TIDEWIRE_MANAGED_DATABASE_URL: plane.env.managedDatabaseUrl,
      TIDEWIRE_SECRETS_KEY: plane.env.secretsKey,
      TIDEWIRE_NODE_SECRET: plane.env.nodeSecret,
      BETTER_AUTH_SECRET: plane.env.authSecret,
      BETTER_AUTH_URL: `http://localhost:${port}`,
      TIDEWIRE_HOME: plane.homeDir,
      TIDEWIRE_FLEET: "off",
      TIDEWIRE_SIGN_IN_LIMIT: "off",
      TIDEWIRE_OWNER_PID: String(process.pid),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
  return { child, output: () => output };
}

export async function startDashboard(
  plane: TestControlPlane,
  env: Record<string, string> = {},
): Promise<DashboardServer> {
  const port = await freePort();
  const { child, output } = spawnDashboard(plane, port, env);
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(`${url}/api/health`)).ok, { withinMs: 45_000 });
  return {
    url,
    child,
    output,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        const patience = setTimeout(() => child.kill("SIGKILL"), 5_000);
        await exited;
        clearTimeout(patience);
      }
    },
  };
}

/** @returns the cookie header of a signed-in browser */
export async function signIn(url: string): Promise<string> {
  const response = await postSignIn(url, ADMIN.password);
  if (!response.ok) throw new Error(`sign-in failed: ${response.status} ${await response.text()}`);
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.slice(0, cookie.indexOf(";")))
    .join("; ");
}

export function postSignIn(url: string, password: string, origin = url): Promise<Response> {
  return fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email: ADMIN.email, password }),
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
