import { Refusal } from "../errors.ts";
import { isObject } from "./cast.ts";

/** One tracked payload of one channel, as members see it. */
export interface PresenceMeta {
  /** Unique, and stable while the meta lives. */
  phx_ref: string;
  /** After an update: the reference of the meta that this one replaced. */
  phx_ref_prev?: string;
  [field: string]: unknown;
}

/** Presence key -> metas, one per channel that uses the key. */
export type PresenceState = Record<string, { metas: PresenceMeta[] }>;

/** An update has the new meta in `joins` and the old one in `leaves` (protocol 5.2). */
export interface PresenceDiff {
  joins: PresenceState;
  leaves: PresenceState;
}

export type PresencePush =
  | { kind: "track"; payload: Record<string, unknown> }
  | { kind: "untrack" }
  /** Answered with ok, and without effect. */
  | { kind: "nothing" };

/**
 * The payload of a `presence` push (protocol 5.1, 12.28).
 * @throws Refusal InvalidPresencePayload, UnknownPresenceEvent (reply), ChannelCrashed (phx_error)
 */
export function parsePresencePush(push: unknown): PresencePush {
  if (push === null || push === undefined) return { kind: "nothing" };
  if (!isObject(push)) throw new Refusal("ChannelCrashed");
  if (push.event === undefined || push.event === null) return { kind: "nothing" };
  if (typeof push.event !== "string") throw new Refusal("ChannelCrashed");
  switch (push.event.toLowerCase()) {
    case "track":
      return { kind: "track", payload: parseTracked(push.payload) };
    case "untrack":
      return { kind: "untrack" };
    default:
      throw new Refusal("UnknownPresenceEvent");
  }
}

function parseTracked(payload: unknown): Record<string, unknown> {
  if (payload === undefined) return {};
  if (!isObject(payload)) throw new Refusal("InvalidPresencePayload");
  return payload;
}

/** The references are the server's: a client's own are overwritten. */
export function toPresenceMeta(
  payload: Record<string, unknown>,
  phxRef: string,
  replacedRef?: string,
): PresenceMeta {
  const { phx_ref: _, phx_ref_prev: __, ...tracked } = payload;
  if (replacedRef === undefined) return { phx_ref: phxRef, ...tracked };
  return { phx_ref: phxRef, phx_ref_prev: replacedRef, ...tracked };
}
