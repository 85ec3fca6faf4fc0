import { type HomeReply, HomeRequest } from "@tidewire/protocol/cluster/home";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import { Refusal } from "@tidewire/protocol/errors";
import { z } from "zod";
import type { Bus, BusMessage, Subscription } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";

const DEADLINE_DEFAULT_MS = 5_000;

/** A request with the time its asker is willing to wait. */
const Envelope = z.object({
  deadlineMs: z.number().positive().default(DEADLINE_DEFAULT_MS),
  request: HomeRequest,
});

export function encodeHomeRequest(request: HomeRequest, deadlineMs: number): Uint8Array {
  return Buffer.from(JSON.stringify({ deadlineMs, request }));
}

interface Server {
  ref: string;
  bus: Pick<Bus, "subscribe">;
  clock: Clock;
  log: Log;
  /** Resolves to whatever the kind of request is answered with; rejects with a Refusal for the asker. */
  answer(request: HomeRequest, deadlineMs: number): Promise<unknown>;
}

/** Answers the nodes' requests to this home until unsubscribed. Every request gets an answer, also the unreadable. */
export function serveHome(server: Server): Subscription {
  return server.bus.subscribe(subjects.home(server.ref), (message) => void answerOne(server, message));
}

async function answerOne({ answer, clock, log, ref }: Server, message: BusMessage): Promise<void> {
  const startedAtMs = clock.monotonicMs();
  let reply: HomeReply;
  try {
    const { request, deadlineMs } = Envelope.parse(JSON.parse(Buffer.from(message.data).toString()));
    reply = { ok: true, result: await answer(request, deadlineMs) };
  } catch (error) {
    if (!(error instanceof Refusal)) log.error({ err: error, ref }, "a request to the home failed");
    reply = toHomeRefusal(error, clock.monotonicMs() - startedAtMs);
  }
  message.respond?.(Buffer.from(JSON.stringify(reply)));
}

/** What went wrong unforeseen stays in the log. */
function toHomeRefusal(error: unknown, elapsedMs: number): HomeReply {
  const refusal = error instanceof Refusal ? error : new Refusal("ErrorOnRpcCall", { cause: error });
  return {
    ok: false,
    code: refusal.code,
    message: refusal.message,
    stage: refusal.stage ?? "home",
    elapsedMs: refusal.elapsedMs ?? Math.round(elapsedMs),
    retryAfterMs: refusal.retryAfterMs,
  };
}
