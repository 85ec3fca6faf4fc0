import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Refusal, toHandshakeAnswer } from "@tidewire/protocol/errors";
import { jsonV2Text } from "@tidewire/protocol/phoenix/json-v2-text";
import { MAX_FRAME_BYTES, REST_BODY_BYTES_MAX } from "@tidewire/protocol/phoenix/limits";
import type { TrustedProxies } from "../http/client-address.ts";
import { ANY_ORIGIN, preflightHeaders } from "../http/cors.ts";
import { readBody } from "../http/read-body.ts";
import type { Project } from "../projects/project.ts";
import type { Entrance } from "./entrance.ts";
import type { Admission } from "./handshake.ts";
import { LongPollSession } from "./longpoll-session.ts";
import type { Pulse } from "./pulse.ts";
import type { Transport } from "./transport.ts";
import { parseUpgrade, toUrl, type UpgradeRequest } from "./upgrade-request.ts";

/** Unguessable: whoever has it speaks as the client. Known to this node alone. */
const TOKEN_BYTES = 24;
/** Sockets are bounded by file descriptors; sessions have none, so they have a bound of their own. */
const SESSIONS_MAX = 20_000;
/** Clients post at most 100; thousands would hold up everybody else, for they are handled in one go. */
const MESSAGES_MAX = 1_000;
const NDJSON = /^application\/x-ndjson\s*(;|$)/i;

/** A request as it arrived; `request` is the same one with its body and the end of its client's patience. */
export interface Poll {
  incoming: {
    method?: string | undefined;
    url?: string | undefined;
    headers: IncomingHttpHeaders;
    socket: { remoteAddress?: string | undefined };
  };
  request: Request;
}

interface LongPollingOptions {
  entrance: Entrance;
  proxies: TrustedProxies;
  pulse: Pick<Pulse, "nowMs" | "schedule">;
  accept(request: UpgradeRequest, admission: Admission<Project>, transport: Transport): void;
}

/**
 * Phoenix's long polling, for the plain `phoenix` client where WebSockets do not get through: the first GET opens a
 * session, further ones fetch what there is to say, POST says something. Every answer is JSON whose `status` is what
 * counts for the client; only a refused handshake has another HTTP status than 200.
 */
export class LongPolling {
  readonly #options: LongPollingOptions;
  readonly #sessions = new Map<string, LongPollSession>();

  constructor(options: LongPollingOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong in a handshake is a refusal, and a body that breaks off is a bad request. */
  answer({ incoming, request }: Poll): Promise<Response> {
    const token = toUrl(incoming.url).searchParams.get("token") ?? "";
    switch (incoming.method) {
      case "GET":
        return token === "" ? this.#open(incoming) : this.#poll(token, request.signal);
      case "POST":
        return this.#publish(token, request);
      case "OPTIONS": {
        const requested = request.headers.get("access-control-request-headers");
        return Promise.resolve(new Response(null, { status: 200, headers: preflightHeaders(requested) }));
      }
      default:
        return Promise.resolve(new Response(null, { status: 400, headers: ANY_ORIGIN }));
    }
  }

  /** 410 with a token: the client has a session and polls again at once. */
  async #open(incoming: Poll["incoming"]): Promise<Response> {
    const { entrance, proxies, pulse, accept } = this.#options;
    if (entrance.isFull || this.#sessions.size >= SESSIONS_MAX) return toResponse({ status: 500 }, 503);
    const request = parseUpgrade(incoming, proxies);
    const decision = await entrance.judge(request);
    if ("refusal" in decision) {
      await entrance.turnAway(request, decision);
      return refused(decision.refusal);
    }
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const session = new LongPollSession(pulse, () => void this.#sessions.delete(token));
    this.#sessions.set(token, session);
    const codec = decision.codec.vsn === "2.0.0" ? jsonV2Text : decision.codec;
    accept(request, { ...decision, codec }, session);
    return toResponse({ status: 410, token, messages: [] });
  }

  /** A session that is over, or lives on another node, is 410 without a token: the client opens a new one. */
  async #poll(token: string, cutOff: AbortSignal): Promise<Response> {
    const answer = (await this.#sessions.get(token)?.poll(cutOff)) ?? { status: 410 };
    const messages = answer.status === 200 ? answer.messages : [];
    return toResponse({ status: answer.status, token: answer.status === 410 ? null : token, messages });
  }

  async #publish(token: string, request: Request): Promise<Response> {
    const session = this.#sessions.get(token);
    if (session === undefined) return toResponse({ status: 410 });
    let body: Uint8Array | null;
    try {
      body = await readBody(request, REST_BODY_BYTES_MAX);
    } catch {
      return toResponse({ status: 400 });
    }
    const isBatch = NDJSON.test(request.headers.get("content-type") ?? "");
    const messages = body && toMessages(Buffer.from(body.buffer), isBatch);
    if (messages === null || messages.some(isTooLarge)) {
      session.overflow();
      return toResponse({ status: 413 });
    }
    for (const message of messages) {
      if (isText(message)) session.receive(message, false);
      else session.receive(Buffer.from(message.toString("latin1"), "base64"), true);
    }
    return toResponse({ status: 200 });
  }
}

/** One message per line; a client older than batches posts one message as it is. Null when there are too many. */
function toMessages(body: Buffer, isBatch: boolean): Buffer[] | null {
  if (!isBatch) return body.byteLength === 0 ? [] : [body];
  const lines = body
    .toString("utf8")
    .trimEnd()
    .split(/\r?\n/, MESSAGES_MAX + 1);
  if (lines.length > MESSAGES_MAX) return null;
  return lines.filter((line) => line !== "").map((line) => Buffer.from(line));
}

function isTooLarge(message: Buffer): boolean {
  return message.byteLength > MAX_FRAME_BYTES;
}

const OPENING = new Set([..."[{"].map((character) => character.charCodeAt(0)));

/** JSON is text; bytes are posted in base64, which begins with neither. */
function isText(message: Buffer): boolean {
  return OPENING.has(message[0] ?? 0);
}

/** The client knows 403, after which it backs off, and 500, which it takes for a passing failure; no other number. */
function refused(refusal: Refusal): Response {
  const { status, error } = toHandshakeAnswer(refusal);
  const mayPass = refusal.outcome.retry === "at-once" || refusal.outcome.retry === "with-backoff";
  const told = refusal.code === "UnsupportedVersion" ? {} : { error };
  return toResponse({ status: mayPass ? 500 : 403, ...told }, status);
}

function toResponse(body: object, status = 200): Response {
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    ...ANY_ORIGIN,
  };
  return new Response(JSON.stringify(body), { status, headers });
}
