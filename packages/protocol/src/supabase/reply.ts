import type { Refusal } from "../errors.ts";

/** Payload of a `phx_reply`. */
export interface ReplyPayload {
  status: "ok" | "error";
  response: unknown;
}

export function okReply(response: object = {}): ReplyPayload {
  return { status: "ok", response };
}

/** `{"reason": "<Code>: <sentence>"}`, or the other form that the table knows for a few codes (protocol 4.2, 5.3). */
export function errorReply(refusal: Refusal): ReplyPayload {
  const { replyForm } = refusal.outcome;
  if (replyForm === "empty") return { status: "error", response: {} };
  if (replyForm === "text") return { status: "error", response: refusal.message };
  return { status: "error", response: { reason: refusal.reason() } };
}
