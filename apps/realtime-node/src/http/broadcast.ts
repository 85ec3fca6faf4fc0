import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import type { Broadcast, BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import {
  parseBatch,
  parseSingle,
  type RestMessage,
  type SingleRequest,
} from "@tidewire/protocol/supabase/rest";
import type { Claims } from "../auth/claims.ts";
import type { TapReport } from "../inspect/tap.ts";
import { payloadBytesMax } from "../projects/limits.ts";
import type { Project } from "../projects/project.ts";

const AUTHORIZE_DEADLINE_MS = 5_000;

/** What the REST routes need of the rest of the node. */
export interface BroadcastDeps {
  relay: {
    publish(
      room: Room,
      broadcast: Broadcast,
      from: { self: boolean; acceptedAtMs: number },
    ): { recipients: number; position: BroadcastPosition };
  };
  home: {
    authorize(ref: string, request: AuthorizeRequest, options: { deadlineMs: number }): Promise<Grants>;
  };
  tap: { wants(ref: string): boolean; emit(report: TapReport): void };
  metrics: { payload(ref: string, kind: "broadcast", bytes: number): void };
  nowMs(): number;
}

/** Who sends, as established by the route. */
export interface Sender {
  project: Project;
  claims: Claims;
  /** All headers of the request: policies may read them (protocol 7.1). */
  headers: Readonly<Record<string, string>>;
}

/**
 * `POST /api/broadcast` (protocol 4.3). A private message that the policies refuse is left out and the others go: the
 * batch as a whole is accepted.
 *
 * @throws Refusal BadRequest, MessagePerSecondRateLimitReached, BatchTooLarge; InvalidFields
 */
export async function broadcastBatch(deps: BroadcastDeps, sender: Sender, body: string): Promise<void> {
  const { project } = sender;
  const { limits } = project.record;
  const messages = parseBatch(body, payloadBytesMax(limits));
  if (!project.rates.peek("events").ok) throw new Refusal("MessagePerSecondRateLimitReached");
  const fits = messages.length <= limits.maxEventsPerSecond;
  if (!fits || !project.rates.take("events", messages.length).ok) throw new Refusal("BatchTooLarge");
  const allowed = await allowedTopics(deps, sender, messages);
  for (const message of messages) {
    if (!message.private || allowed.has(message.topic)) publish(deps, sender, message);
  }
}

/**
 * `POST /api/broadcast/:topic/events/:event` (protocol 4.4).
 *
 * @throws Refusal also Unauthorized when the policies refuse a private message, unlike the batch, and RlsPolicyError
 *   when they cannot judge it: one of them raised, or the role is unknown
 */
export async function broadcastSingle(
  deps: BroadcastDeps,
  sender: Sender,
  request: SingleRequest & { private: boolean },
): Promise<void> {
  const { project } = sender;
  const broadcast = parseSingle(request, payloadBytesMax(project.record.limits));
  if (!project.rates.take("events").ok) throw new Refusal("MessagePerSecondRateLimitReached");
  if (request.private) await assertMayWrite(deps, sender, request.topic);
  publish(deps, sender, { ...request, broadcast });
}

/** Each topic is asked once; a check that fails counts as no, because the batch has no place to say why. */
async function allowedTopics(
  deps: BroadcastDeps,
  sender: Sender,
  messages: readonly RestMessage[],
): Promise<Set<string>> {
  const topics = new Set(messages.filter((message) => message.private).map((message) => message.topic));
  const verdicts = await Promise.all(
    [...topics].map(async (topic) => {
      const may = await mayWrite(deps, sender, topic).catch((refusal: unknown) => {
        reportRefusal(deps, sender, topic, refusal);
        return false;
      });
      return [topic, may] as const;
    }),
  );
  return new Set(verdicts.filter(([, may]) => may).map(([topic]) => topic));
}

async function assertMayWrite(deps: BroadcastDeps, sender: Sender, topic: string): Promise<void> {
  const may = await mayWrite(deps, sender, topic).catch((error: unknown) => {
    const isJudged = !(error instanceof Refusal && error.code === "Unauthorized");
    throw isJudged ? error : new Refusal("RlsPolicyError", { cause: error });
  });
  if (!may) throw new Refusal("Unauthorized");
}

async function mayWrite(
  { home }: BroadcastDeps,
  { project, claims, headers }: Sender,
  topic: string,
): Promise<boolean> {
  const grants = await home.authorize(
    project.ref,
    {
      kind: "authorize",
      action: "write",
      topic,
      claims: { ...claims },
      headers: { ...headers },
      extensions: ["broadcast"],
    },
    { deadlineMs: AUTHORIZE_DEADLINE_MS },
  );
  return grants.broadcast === true;
}

function publish(
  { relay, tap, metrics, nowMs }: BroadcastDeps,
  { project }: Sender,
  { topic, private: isPrivate, event, broadcast }: RestMessage,
): void {
  const acceptedAtMs = nowMs();
  const room = { ref: project.ref, topic, private: isPrivate };
  const { recipients, position } = relay.publish(room, broadcast, { self: true, acceptedAtMs });
  const sizeBytes = sizeOf(broadcast);
  project.counters.messagesIn++;
  project.counters.bytesIn += sizeBytes;
  project.rates.charge("events", recipients);
  metrics.payload(project.ref, "broadcast", sizeBytes);
  if (!tap.wants(project.ref)) return;
  tap.emit({
    ref: project.ref,
    kind: "broadcast",
    atMs: acceptedAtMs,
    topic,
    private: isPrivate,
    event,
    from: "rest",
    recipients,
    sizeBytes,
    position,
    payload: payloadText(broadcast),
    times: { accepted: acceptedAtMs, fannedOut: nowMs() },
  });
}

function sizeOf(broadcast: Broadcast): number {
  return broadcast.form === "verbatim"
    ? Buffer.byteLength(broadcast.payloadJson)
    : broadcast.payload.byteLength;
}

function payloadText(broadcast: Broadcast): string | undefined {
  if (broadcast.form === "verbatim") return broadcast.payloadJson;
  const isJson = broadcast.form === "user" && broadcast.encoding === "json";
  return isJson ? Buffer.from(broadcast.payload).toString("utf8") : undefined;
}

function reportRefusal({ tap }: BroadcastDeps, { project }: Sender, topic: string, refusal: unknown): void {
  const code = refusal instanceof Refusal ? refusal.code : "InternalError";
  tap.emit({
    ref: project.ref,
    kind: "refusal",
    topic,
    private: true,
    from: "rest",
    code,
    message: String(refusal),
  });
}
