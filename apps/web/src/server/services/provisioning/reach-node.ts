import { setTimeout as delay } from "node:timers/promises";
import { listApiKeys } from "@tidewire/db/api-keys";
import { setProjectStatus } from "@tidewire/db/projects";
import { toProjectUrl } from "../projects/project-url.ts";
import type { StepContext } from "./step-context.ts";
import { StepFailed } from "./step-failed.ts";

const ATTEMPT_MS = 2_000;
const PAUSE_MS = 250;

/**
 * The proof that clients can use the project: a node takes a broadcast for it. Nodes serve active projects only, so it
 * becomes one here.
 *
 * @throws StepFailed with the last answer
 */
export async function reachNode(ctx: StepContext): Promise<void> {
  const { plane, project, note } = ctx;
  await setProjectStatus(plane.db, project.ref, "active");
  const keys = await listApiKeys(plane, project.ref);
  const key = keys.find(({ kind, revokedAt }) => kind === "service_role" && revokedAt === null)?.value;
  if (key === undefined || key === null) throw new StepFailed("The project has no service key.");
  const deadlineMs = performance.now() + ctx.nodePatienceMs;
  for (;;) {
    const nodeUrl = await ctx.findNodeUrl();
    const answer =
      nodeUrl === null ? "no node is running" : await tryBroadcast(toProjectUrl(nodeUrl, project.ref), key);
    if (answer === null) return;
    note(answer);
    if (performance.now() > deadlineMs) {
      throw new StepFailed(`The project is made, but no node takes messages for it: ${answer}.`, {
        remedy: "Look at the fleet page, then retry.",
      });
    }
    await delay(PAUSE_MS);
  }
}

/** Null when the message was taken, else why not. */
async function tryBroadcast(projectUrl: string, key: string): Promise<string | null> {
  const message = { topic: "tidewire:hello", event: "provisioned", payload: {} };
  try {
    const response = await fetch(`${projectUrl}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: { "content-type": "application/json", apikey: key, authorization: `Bearer ${key}` },
      body: JSON.stringify({ messages: [message] }),
      signal: AbortSignal.timeout(ATTEMPT_MS),
    });
    if (response.status === 202) return null;
    return `the node answered ${response.status} ${(await response.text()).slice(0, 200)}`.trim();
  } catch {
    return "no node answers";
  }
}
