import type { TraceHop } from "@tidewire/protocol/cluster/tap";
import { expect, test } from "vitest";
import { addHops, hopsOf, isBeforeSent, NO_TRACES, toSteps } from "./traces.ts";

const ORIGIN = { accepted: 1_000, sequenced: 1_001, busOut: 1_003, fannedOut: 1_002, written: 1_004 };
const hop = (node: string, seq: number, times: Partial<TraceHop["times"]> = {}): TraceHop => ({
  ref: "demo",
  topic: "room",
  private: false,
  position: { origin: "b", seq },
  node,
  region: "eu",
  fromRegion: "eu",
  times: { ...ORIGIN, ...times },
  recipients: 1,
  dropped: 0,
  members: [],
});
const REMOTE = { busIn: 1_043, inOrder: 1_050, fannedOut: 1_051, written: 1_052 };

test("hops of one message are gathered, its origin first, each node once", () => {
  const traces = [
    [hop("us-1", 1, REMOTE), hop("eu-1", 1)],
    [hop("us-1", 1, REMOTE), hop("eu-1", 2)],
  ].reduce((known, hops) => addHops(known, { traces: hops, tracesDropped: 0 }), NO_TRACES);
  expect(hopsOf(traces, { position: { origin: "b", seq: 1 } }).map(({ node }) => node)).toEqual([
    "eu-1",
    "us-1",
  ]);
  expect(hopsOf(traces, { position: { origin: "b", seq: 3 } })).toEqual([]);
  expect(hopsOf(traces, {})).toEqual([]);
});

test("old messages make room", () => {
  const hops = Array.from({ length: 1_200 }, (_, seq) => hop("eu-1", seq));
  const traces = addHops(NO_TRACES, { traces: hops, tracesDropped: 0 });
  expect(traces.byMessage.size).toBe(1_000);
  expect(hopsOf(traces, { position: { origin: "b", seq: 1_199 } })).toHaveLength(1);
});

test("hops that did not come are counted, also in a parcel that brought none", () => {
  const once = addHops(NO_TRACES, { traces: [hop("eu-1", 1)], tracesDropped: 2 });
  expect(addHops(once, { traces: [], tracesDropped: 5 })).toMatchObject({ dropped: 7 });
  expect(addHops(once, { traces: [], tracesDropped: 0 })).toBe(once);
});

test("steps follow one another from the acceptance on", () => {
  expect(toSteps(hop("eu-1", 1))).toEqual([
    { label: "sequenced", startMs: 0, endMs: 1 },
    { label: "fan-out", startMs: 1, endMs: 2 },
    { label: "bus out", startMs: 2, endMs: 3 },
    { label: "socket writes", startMs: 3, endMs: 4 },
  ]);
  expect(toSteps(hop("us-1", 1, REMOTE)).map(({ label, endMs }) => `${label} ${endMs}`)).toEqual([
    "bus 43",
    "waited for its turn 50",
    "fan-out 51",
    "socket writes 52",
  ]);
});

test("a clock that is behind makes no negative bars, and is noticed", () => {
  const early = hop("us-1", 1, { busIn: 900, inOrder: 901, fannedOut: 902, written: 903 });
  expect(toSteps(early).every(({ startMs, endMs }) => endMs >= startMs && startMs >= 0)).toBe(true);
  expect(isBeforeSent(early)).toBe(true);
  expect(isBeforeSent(hop("us-1", 1, REMOTE))).toBe(false);
});
