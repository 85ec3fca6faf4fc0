import { z } from "zod";
import { Refusal } from "../errors.ts";
import { checkHeaderFields } from "../phoenix/binary-v2.ts";
import { elementTexts, isObjectJson, memberRange } from "../phoenix/json-range.ts";
import { parseJsonBytes, utf8Length } from "../phoenix/utf8.ts";
import type { Broadcast } from "./broadcast.ts";
import { toFullTopic } from "./topic.ts";

/** Field -> sentences; of a batch: one such object per message, at the message's index. */
export type FieldErrors = Record<string, string[] | Record<string, string[]>[]>;

/** 422 with `{"errors": ...}` (protocol 4.3, 12.20). */
export class InvalidFields extends Refusal {
  readonly errors: FieldErrors;

  constructor(errors: FieldErrors) {
    super("UnprocessableEntity");
    this.errors = errors;
  }
}

/** Status and JSON body of a refused REST broadcast (protocol 4.3, 4.4). */
export function toRestAnswer(refusal: Refusal): { status: number; body: object } {
  if (refusal instanceof InvalidFields) return { status: 422, body: { errors: refusal.errors } };
  const { rest, httpStatus } = refusal.outcome;
  const text = rest?.text ?? refusal.message;
  const body = refusal.code === "UnsupportedMediaType" ? { error: text } : { message: text };
  return { status: rest?.status ?? httpStatus ?? 500, body };
}

/** One message of a batch. */
export interface RestMessage {
  /** Without `realtime:`. */
  topic: string;
  private: boolean;
  event: string;
  broadcast: Broadcast;
}

const BLANK = "can't be blank";
const INVALID = "is invalid";
const TOO_LARGE = "Payload size exceeds tenant limit";

const blankOrInvalid = ({ input }: { input?: unknown }) =>
  input === undefined || input === null ? BLANK : INVALID;

const Name = z.string({ error: blankOrInvalid }).refine((text) => text.trim() !== "", { error: BLANK });

const Message = z.object({
  topic: Name,
  event: Name,
  payload: z.record(z.string(), z.unknown(), { error: blankOrInvalid }),
  private: z
    .union([z.boolean(), z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0"] })], INVALID)
    .nullish(),
  id: z.string(INVALID).nullish(),
});

const Batch = z.object({
  messages: z.array(z.unknown(), { error: blankOrInvalid }).min(1, { error: BLANK }),
});

/**
 * The messages of `POST /api/broadcast` (protocol 4.3). Payloads are passed on as they were written.
 * @param text the body, `{}` when its content type is not JSON (12.21)
 * @throws Refusal BadRequest; InvalidFields for the whole batch when one message is wrong
 */
export function parseBatch(text: string, payloadBytesMax: number): RestMessage[] {
  const batch = Batch.safeParse(toBatchBody(parseBody(() => JSON.parse(text))));
  if (!batch.success) throw new InvalidFields({ messages: [batch.error.issues[0]?.message ?? INVALID] });
  const range = memberRange(text, "messages");
  const sources = range ? elementTexts(text.slice(range.start, range.end)) : [];
  if (!sources.every(isObjectJson)) throw new InvalidFields({ messages: [INVALID] });

  const messages = batch.data.messages.map((message, index) =>
    parseMessage(message, sources[index] ?? "{}", payloadBytesMax),
  );
  const accepted = messages.filter(isAccepted);
  if (accepted.length === messages.length) return accepted;
  throw new InvalidFields({
    messages: messages.map((message) => (isAccepted(message) ? {} : message.errors)),
  });
}

interface RefusedMessage {
  errors: Record<string, string[]>;
}

function isAccepted(message: RestMessage | RefusedMessage): message is RestMessage {
  return !("errors" in message);
}

/** Like Supabase, a body that is no object has no fields, so its messages are missing rather than wrong. */
function toBatchBody(body: unknown): unknown {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
}

function parseMessage(
  message: unknown,
  source: string,
  payloadBytesMax: number,
): RestMessage | RefusedMessage {
  const parsed = Message.safeParse(message);
  if (!parsed.success) return { errors: toFieldErrors(parsed.error.issues) };
  const range = memberRange(source, "payload");
  const payload = range ? source.slice(range.start, range.end) : "{}";
  if (utf8Length(payload) > payloadBytesMax) return { errors: { payload: [TOO_LARGE] } };
  const { topic, event, id } = parsed.data;
  const payloadJson = `{"event":${JSON.stringify(event)},"payload":${payload},"type":"broadcast"}`;
  const meta = id === undefined || id === null ? undefined : { id };
  const isPrivate = parsed.data.private ?? false;
  return { topic, private: isPrivate, event, broadcast: { form: "verbatim", payloadJson, meta } };
}

function toFieldErrors(issues: readonly z.core.$ZodIssue[]): Record<string, string[]> {
  const errors: Record<string, string[]> = {};
  for (const { path, message } of issues) errors[String(path[0])] ??= [message];
  return errors;
}

/** A request to `POST /api/broadcast/:topic/events/:event`, its path parts decoded. */
export interface SingleRequest {
  topic: string;
  event: string;
  /** As in the header; without one the body is not looked at (protocol 12.25). */
  contentType: string | undefined;
  body: Uint8Array;
}

/**
 * The broadcast of one single request (protocol 4.4). `body` is not copied.
 * @throws Refusal UnsupportedMediaType, BadRequest; InvalidFields
 */
export function parseSingle(request: SingleRequest, payloadBytesMax: number): Broadcast {
  const encoding = parseContentType(request.contentType);
  checkNames(request);
  const payload =
    encoding === "binary" ? request.body : toJsonPayload(encoding === "json" ? request.body : EMPTY);
  if (payload.length > payloadBytesMax) throw new InvalidFields({ payload: [TOO_LARGE] });
  return { form: "user", event: request.event, encoding: encoding === "binary" ? "binary" : "json", payload };
}

const EMPTY = new Uint8Array(0);

function parseContentType(header: string | undefined): "json" | "binary" | "none" {
  if (header === undefined) return "none";
  const type = header.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return "json";
  if (type === "application/octet-stream") return "binary";
  throw new Refusal("UnsupportedMediaType");
}

function checkNames({ topic, event }: SingleRequest): void {
  try {
    checkHeaderFields(toFullTopic(topic), event);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new InvalidFields({ [error.message.split(" ", 1)[0] ?? "event"]: [error.message] });
  }
}

/** An object as it is, nothing as `{}`, any other JSON value wrapped as `{"_json": value}`. */
function toJsonPayload(body: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  if (body.length === 0) return encoder.encode("{}");
  const value = parseBody(() => parseJsonBytes(body));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return body;
  return encoder.encode(`{"_json":${new TextDecoder().decode(body)}}`);
}

function parseBody(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (cause) {
    throw new Refusal("BadRequest", { cause });
  }
}
