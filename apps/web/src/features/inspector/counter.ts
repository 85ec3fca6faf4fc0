import { formatCount, formatRate } from "#lib/format.ts";
import type { TailRate } from "./tail.ts";

interface CounterInput {
  rate: TailRate;
  paused: boolean;
  held: number;
  heldLost: number;
}

/** The honest sentence beside the tail: how much passes, how much of it is shown, how much waits. */
export function describeTail({ rate, paused, held, heldLost }: CounterInput): string {
  const { seenPerSecond, shownPerSecond } = rate;
  const sampled = seenPerSecond - shownPerSecond >= 0.5;
  const passing =
    seenPerSecond === 0
      ? "quiet"
      : sampled
        ? `showing ${formatRate(shownPerSecond)} of ${formatRate(seenPerSecond)}/s (sampled)`
        : `showing all of ${formatRate(seenPerSecond)}/s`;
  if (!paused && held === 0) return passing;
  const waiting = `${formatCount(held)} held${heldLost > 0 ? `, ${formatCount(heldLost)} older ones let go` : ""}`;
  return paused ? `paused · ${waiting}` : `${waiting} · ${passing}`;
}
