import type { TapEvent, TraceHop } from "@tidewire/protocol/cluster/tap";

/** Messages whose way is kept; the oldest go. Rows of the tail live longer, and say so when they are opened. */
const MESSAGES_MAX = 1_000;

export interface Traces {
  /** Hops by message, oldest message first. */
  readonly byMessage: ReadonlyMap<string, readonly TraceHop[]>;
  /** Hops that did not come: there were too many at once. Some messages then lack a node. */
  readonly dropped: number;
}

export const NO_TRACES: Traces = { byMessage: new Map(), dropped: 0 };

type Position = TraceHop["position"];

interface Parcel {
  traces: readonly TraceHop[];
  tracesDropped: number;
}

export function addHops(known: Traces, { traces, tracesDropped }: Parcel): Traces {
  if (traces.length === 0 && tracesDropped === 0) return known;
  const next = new Map(known.byMessage);
  for (const hop of traces) {
    const key = keyOf(hop.position);
    const others = (next.get(key) ?? []).filter(({ node }) => node !== hop.node);
    next.set(key, [...others, hop]);
  }
  for (const key of next.keys()) {
    if (next.size <= MESSAGES_MAX) break;
    next.delete(key);
  }
  return { byMessage: next, dropped: known.dropped + tracesDropped };
}

/** The node that accepted the message first, then in order of arrival. */
export function hopsOf(traces: Traces, { position }: Pick<TapEvent, "position">): readonly TraceHop[] {
  const hops = position === undefined ? [] : (traces.byMessage.get(keyOf(position)) ?? []);
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
