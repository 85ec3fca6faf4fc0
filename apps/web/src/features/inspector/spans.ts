import type { Span } from "#ui/waterfall.tsx";

const STAGE_WORDS: Record<string, string> = {
  accepted: "accepted",
  sequenced: "sequenced",
  busOut: "bus out",
  busIn: "bus in",
  fannedOut: "fan-out",
  socket: "socket writes",
  committedMs: "commit",
  receivedMs: "received",
  decodedMs: "decoded",
  matchedMs: "matched",
  authorizedMs: "authorized",
  sentMs: "sent to nodes",
  deliveredMs: "handed to sockets",
};

/** One bar per stage, from the passage of the stage before to its own; the first stage is the origin. */
export function toSpans(times: Readonly<Record<string, number>>): Span[] {
  const stages = Object.entries(times).sort(([, a], [, b]) => a - b);
  return stages.slice(1).map(([name, endMs], index) => ({
    label: STAGE_WORDS[name] ?? name,
    startMs: stages[index]?.[1] ?? endMs,
    endMs,
  }));
}
