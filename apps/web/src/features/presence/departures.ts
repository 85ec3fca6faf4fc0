import type { PresenceEviction } from "@tidewire/protocol/cluster/inspect";
import { formatSeconds } from "#lib/format.ts";

export type DepartureCause = PresenceEviction["cause"];

const WORDS: Record<DepartureCause, string> = {
  "closed-by-client": "closed by the client",
  left: "left the channel",
  "socket-error": "socket error",
  silent: "silent",
  "node-down": "its node went down",
  kicked: "kicked",
  drain: "its node was drained",
};

/** A cause in words; silence says for how long. */
export function describeCause({ cause, silentMs }: Pick<PresenceEviction, "cause" | "silentMs">): string {
  return cause === "silent" && silentMs !== undefined
    ? `silent for ${formatSeconds(silentMs)}`
    : WORDS[cause];
}

export interface CauseCount {
  cause: DepartureCause;
  words: string;
  count: number;
}

/** Causes that occurred, most frequent first. */
export function countByCause(departures: readonly PresenceEviction[]): CauseCount[] {
  const counts = new Map<DepartureCause, number>();
  for (const { cause } of departures) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts]
    .map(([cause, count]) => ({ cause, words: WORDS[cause], count }))
    .sort((a, b) => b.count - a.count);
}

/** How long the slowest ghosts stayed: the 99th percentile of silence before an eviction. Null without any. */
export function silenceP99(departures: readonly PresenceEviction[]): number | null {
  const silences = departures
    .flatMap(({ silentMs }) => (silentMs === undefined ? [] : [silentMs]))
    .sort((a, b) => a - b);
  return silences[Math.min(silences.length - 1, Math.floor(silences.length * 0.99))] ?? null;
}
