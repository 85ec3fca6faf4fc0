import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("member-process.mjs", import.meta.url));
const READY_TIMEOUT_MS = 20_000;

/** A supabase-js in a process of its own that is a member of `topic`. */
export interface MemberProcess extends AsyncDisposable {
  /** As a phone whose battery dies: the kernel closes the socket, the client says nothing. */
  kill(): void;
  /** As a phone that sleeps: the socket stays open and nobody answers. */
  freeze(): void;
}

/** Resolves when it has joined and tracked. The caller must dispose it. */
export async function startMember(
  project: { url: string; publishableKey: string },
  topic: string,
  name: string,
): Promise<MemberProcess> {
  const child = spawn(process.execPath, [SCRIPT, project.url, project.publishableKey, topic, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const tracked = once(child.stdout, "data", { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
  await Promise.race([tracked, exited.then(() => Promise.reject(new Error("the member ended at once")))]);
  return {
    kill: () => void child.kill("SIGKILL"),
    freeze: () => void child.kill("SIGSTOP"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
