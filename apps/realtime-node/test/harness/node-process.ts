import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually } from "@tidewire/testkit/eventually";
import type { TestControlPlane } from "./control-plane.ts";

const WORKSPACE = fileURLToPath(new URL("../..", import.meta.url));
const READY_MS = 60_000;
/** A node that says more than this in a test has gone mad: it is killed, and the test sees why. */
const OUTPUT_MAX = 64 * 1024 * 1024;

export const NODE_SECRET = "n".repeat(32);

/** The bundle, as `npm start` would run it. @throws Error when it cannot be built */
export async function buildNode(): Promise<void> {
  const build = spawn(process.execPath, ["build.mjs"], { cwd: WORKSPACE, stdio: "inherit" });
  const [code] = await once(build, "exit");
  if (code !== 0) throw new Error(`the build of the node ended with ${code}`);
}

export interface NodeProcess {
  readonly child: ChildProcess;
  /** Its log and whatever else it printed, so far. */
  output(): string;
  readonly exited: Promise<number | null>;
  /** The public URL, as soon as the log tells it. */
  url(): Promise<string>;
}

/** The caller ends the process. */
export function startNodeProcess(control: TestControlPlane, env: Record<string, string>): NodeProcess {
  const child = spawn(process.execPath, ["dist/main.js"], {
    cwd: WORKSPACE,
    env: {
      PATH: process.env.PATH,
      TIDEWIRE_NODE_ID: "process-test",
      TIDEWIRE_PORT: "0",
      TIDEWIRE_ADMIN_PORT: "0",
      TIDEWIRE_CONTROL_DATABASE_URL: control.nodeUrl,
      TIDEWIRE_SECRETS_KEY: control.secretsKey,
      TIDEWIRE_NODE_SECRET: NODE_SECRET,
      TIDEWIRE_DRAIN_MS: "300",
      ...env,
    },
  });
  let text = "";
  const collect = (chunk: Buffer) => {
    if (text.length > OUTPUT_MAX) child.kill("SIGKILL");
    else text += chunk;
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return {
    child,
    output: () => text,
    exited: once(child, "exit").then(([code]) => (typeof code === "number" ? code : null)),
    url: () =>
      eventually(
        () => {
          const url = text.match(/"url":"(http[^"]+)"[^\n]*"msg":"ready"/)?.[1];
          if (url === undefined) throw new Error(text);
          return url;
        },
        { withinMs: READY_MS },
      ),
  };
}
