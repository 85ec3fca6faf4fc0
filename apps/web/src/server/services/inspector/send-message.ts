import { randomUUID } from "node:crypto";
import { readProjectSecrets } from "@tidewire/db/projects";
import type { SendMessage } from "../../../lib/schemas/inspector.ts";
import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import type { SentMessage } from "../../views/inspector.ts";
import { recordEvent } from "../audit/record-event.ts";
import { chooseNode } from "../nodes/choose-node.ts";
import { toProjectUrl } from "../projects/project-url.ts";
import { signSenderToken } from "./sign-token.ts";

const DEADLINE_MS = 5_000;
const ANSWER_CHARACTERS_MAX = 300;

/**
 * Broadcasts one message the way any server would: over the project's REST route, with a token of the chosen sender.
 * Policies and limits apply.
 *
 * @throws Problem `NoNode`, `NodeRefused` with what the node said
 */
export async function sendMessage(ctx: ProjectScope, input: SendMessage): Promise<SentMessage> {
  const { resources, project } = ctx;
  const node = chooseNode(await resources.directory.expected(), project.regionId);
  if (node === undefined) throw new Problem("NoNode");
  const { jwtSecret } = await readProjectSecrets(resources, project.ref);
  const token = await signSenderToken(input.as, project.ref, jwtSecret);
  const id = randomUUID();
  const startedMs = performance.now();
  // The public URL may lead to another node, or be out of reach from here.
  const response = await post(toProjectUrl(node.adminUrl, project.ref), token, toBody(input, id));
  const ms = Math.round(performance.now() - startedMs);
  if (!response.ok) {
    const text = (await response.text()).slice(0, ANSWER_CHARACTERS_MAX);
    throw new Problem("NodeRefused", {
      message: `Node ${node.id} refused the message: ${response.status} ${text}`.trim(),
    });
  }
  await recordEvent(ctx, {
    action: "inspector.send",
    target: input.topic,
    projectRef: project.ref,
    after: { event: input.event, private: input.private, as: input.as.kind },
  });
  return { node: node.id, httpStatus: response.status, ms, id };
}

/** The payload stays the text that was typed: numbers beyond 2^53 and the order of keys survive. */
function toBody(input: SendMessage, id: string): string {
  const { topic, event, private: isPrivate, payload } = input;
  const head = JSON.stringify({ topic, event, private: isPrivate, id }).slice(0, -1);
  return `{"messages":[${head},"payload":${payload}}]}`;
}

async function post(projectUrl: string, token: string, body: string): Promise<Response> {
  try {
    return await fetch(`${projectUrl}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: { "content-type": "application/json", apikey: token, authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (cause) {
    throw new Problem("NoNode", { cause });
  }
}
