import type { PresenceMember } from "@tidewire/protocol/cluster/inspect";
import { formatSeconds } from "#lib/format.ts";
import type { Status } from "#ui/status-mark.tsx";

type Evidence = Pick<PresenceMember, "state" | "lastByteMs" | "pingsOutstanding" | "evictAtMs" | "node">;

export const MEMBER_STATUS: Record<PresenceMember["state"], Status> = {
  live: "ok",
  suspect: "warn",
  evicted: "bad",
};

/** Why a member is believed to be there, or on its way out: what its own node last heard of it. */
export function describeEvidence(
  { state, lastByteMs, pingsOutstanding, evictAtMs, node }: Evidence,
  nowMs: number,
): string {
  if (state === "evicted") return "evicted: it is no longer in the list that clients see";
  if (lastByteMs === undefined)
    return `known through node ${node}, which holds its socket and has not answered now`;
  const parts = [heard(nowMs - lastByteMs)];
  if (pingsOutstanding !== undefined && pingsOutstanding > 0) {
    parts.push(`${pingsOutstanding} ${pingsOutstanding === 1 ? "ping" : "pings"} unanswered`);
  }
  if (state === "suspect" && evictAtMs !== undefined) {
    const leftMs = evictAtMs - nowMs;
    parts.push(leftMs > 0 ? `will be evicted in ${formatSeconds(leftMs)}` : "is being evicted");
  }
  return parts.join("; ");
}

/** Below this a socket counts as speaking: pings come every few seconds. */
const QUIET_MS = 2_000;

function heard(silentMs: number): string {
  return silentMs < QUIET_MS ? "heard from just now" : `no byte for ${formatSeconds(silentMs)}`;
}
