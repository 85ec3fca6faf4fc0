import type { ErrorCode } from "@tidewire/protocol/errors";
import {
  IDLE_TIMEOUT_MS,
  NO_CHANNEL_TIMEOUT_MS,
  SILENCE_TIMEOUT_MS,
} from "@tidewire/protocol/phoenix/limits";

/** Two pings may be lost before silence closes a socket; with the wheel's tick that is below the 10 s of promise P4. */
const PING_AFTER_MS = SILENCE_TIMEOUT_MS / 3;

/** What is known about the life of a socket. Monotonic milliseconds. */
export interface Evidence {
  /** Any byte at all, a pong or half a frame included. */
  lastByteMs: number;
  /** The last message or ping that the client sent of its own accord; a pong is none. */
  lastMessageMs: number;
  lastPingMs: number;
  /** Null while the socket has a channel, or when it never tried to join one. */
  withoutChannelSinceMs: number | null;
}

export type Verdict =
  | { kind: "rest"; againAtMs: number }
  | { kind: "ping"; againAtMs: number }
  | { kind: "close"; code: Extract<ErrorCode, "SilentClient" | "IdleClient" | "NoChannels"> };

/**
 * Whether a socket may live, has to be asked, or is dead (difference D3, promise P4).
 * @param resumedAtMs when this node last came back from a stall of its own: unread bytes are no silence
 */
export function judge(evidence: Evidence, nowMs: number, resumedAtMs: number): Verdict {
  const silentAtMs = silentDeadline(evidence, resumedAtMs);
  if (nowMs >= silentAtMs) return { kind: "close", code: "SilentClient" };

  const idleAtMs = Math.max(evidence.lastMessageMs, resumedAtMs) + IDLE_TIMEOUT_MS;
  if (nowMs >= idleAtMs) return { kind: "close", code: "IdleClient" };

  const withoutUseAtMs = (evidence.withoutChannelSinceMs ?? Number.POSITIVE_INFINITY) + NO_CHANNEL_TIMEOUT_MS;
  if (nowMs >= withoutUseAtMs) return { kind: "close", code: "NoChannels" };

  const aliveAtMs = Math.max(evidence.lastByteMs, resumedAtMs);
  const pingAtMs = Math.max(aliveAtMs, evidence.lastPingMs) + PING_AFTER_MS;
  const endAtMs = Math.min(silentAtMs, idleAtMs, withoutUseAtMs);
  if (nowMs < pingAtMs) return { kind: "rest", againAtMs: Math.min(pingAtMs, endAtMs) };
  return { kind: "ping", againAtMs: Math.min(nowMs + PING_AFTER_MS, endAtMs) };
}

/** When silence closes the socket, if it lasts. */
export function silentDeadline(evidence: Pick<Evidence, "lastByteMs">, resumedAtMs: number): number {
  return Math.max(evidence.lastByteMs, resumedAtMs) + SILENCE_TIMEOUT_MS;
}
