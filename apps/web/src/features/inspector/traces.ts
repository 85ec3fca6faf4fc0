import type { TapEvent, TraceHop } from "@tidewire/protocol/cluster/inspect";

/** Messages whose way is kept; the oldest go. Rows of the tail live longer, and say so when they are opened. */
const MESSAGES_MAX = 1_000;

/** Hops by message, oldest message first. */
export type Traces = ReadonlyMap<string, readonly TraceHop[]>;

export const NO_TRACES: Traces = new Map();

type Position = TraceHop["position"];

export function addHops(known: Traces, hops: readonly TraceHop[]): Traces {
  if (hops.length === 0) return known;
  const next = new Map(known);
  for (const hop of hops) {
    const key = keyOf(hop.position);
    const others = (next.get(key) ?? []).filter(({ node }) => node !== hop.node);
    next.set(key, [...others, hop]);
  }
  for (const key of next.keys()) {
    if (next.size <= MESSAGES_MAX) break;
    next.delete(key);
  }
  return next;
}

/** The node that accepted the message first, then in order of arrival. */
export function hopsOf(traces: Traces, { position }: Pick<TapEvent, "position">): readonly TraceHop[] {
  const hops = position === undefined ? [] : (traces.get(keyOf(position)) ?? []);
  return [...hops].sort((a, b) => (a.times.busIn ?? 0) - (b.times.busIn ?? 0));
}

export interface Step {
  label: string;
  /** From the acceptance of the message; never below zero, whatever the clocks of nodes say. */
  startMs: number;
  endMs: number;
}

/** What one node did with a message, step by step, counted from its acceptance. */
export function toSteps({ times }: TraceHop): Step[] {
  const { accepted, sequenced, busOut, busIn, inOrder, fannedOut, written } = times;
  const passed: [string, number | undefined][] =
    busIn === undefined
      ? [
          ["sequenced", sequenced],
          ["fan-out", fannedOut],
          ["bus out", busOut],
          ["socket writes", written],
        ]
      : [
          ["bus", busIn],
          ["waited for its turn", inOrder],
          ["fan-out", fannedOut],
          ["socket writes", written],
        ];
  let startMs = busIn === undefined ? 0 : atLeast(0, (busOut ?? accepted) - accepted);
  return passed.flatMap(([label, atMs]) => {
    if (atMs === undefined) return [];
    const endMs = atLeast(startMs, atMs - accepted);
    const step = { label, startMs, endMs };
    startMs = endMs;
    return [step];
  });
}

/** Whether clocks of nodes disagree so much that a message seems to arrive before it was sent. */
export function isBeforeSent({ times }: TraceHop): boolean {
  return times.busIn !== undefined && times.busOut !== undefined && times.busIn < times.busOut;
}

function atLeast(lowest: number, value: number): number {
  return Math.max(lowest, value);
}

function keyOf({ origin, seq }: Position): string {
  return `${origin}:${seq}`;
}
