import { expect, test } from "vitest";
import {
  BEAT_LOST_MS,
  type KnownNode,
  plan,
  restartDelayMs,
  START_DEADLINE_MS,
  UNREACHABLE_MS,
} from "./plan.ts";

const NOW = 1_000_000;
const LIMITS = { drainMs: 5_000 };

function node(slot: number, over: Partial<KnownNode> = {}): KnownNode {
  return {
    id: `eu-${slot + 1}`,
    region: "eu",
    slot,
    process: "running",
    startedAtMs: NOW - 100_000,
    exitedAtMs: null,
    beatAtMs: NOW - 1_000,
    unreachableSinceMs: null,
    stoppingSinceMs: null,
    crashes: 0,
    ...over,
  };
}

const kinds = (nodes: number, known: KnownNode[]) =>
  plan([{ region: "eu", nodes }], known, NOW, LIMITS).map((action) => `${action.kind} ${action.id}`);

test("a healthy fleet is left alone", () => {
  expect(kinds(2, [node(0), node(1)])).toEqual([]);
});

test("missing slots are started, and only those", () => {
  expect(kinds(3, [node(1)])).toEqual(["start eu-1", "start eu-3"]);
});

test("surplus is taken from the highest slots, once", () => {
  expect(kinds(1, [node(0), node(1)])).toEqual(["stop eu-2"]);
  expect(kinds(1, [node(0), node(1, { stoppingSinceMs: NOW - 10 })])).toEqual([]);
  expect(kinds(1, [node(0), node(1, { process: "exited", exitedAtMs: NOW })])).toEqual(["forget eu-2"]);
});

test("a region that is no longer wanted is emptied", () => {
  expect(plan([], [node(0)], NOW, LIMITS)).toMatchObject([{ kind: "stop", id: "eu-1" }]);
});

test("a killed node is started again at once in its own slot", () => {
  const dead = node(0, { process: "exited", exitedAtMs: NOW, crashes: 1 });
  expect(plan([{ region: "eu", nodes: 1 }], [dead], NOW, LIMITS)).toMatchObject([
    { kind: "start", id: "eu-1", slot: 0 },
  ]);
});

test("a node that keeps ending is given growing pauses, and the reason is told", () => {
  const dead = node(0, { process: "exited", exitedAtMs: NOW - 1_000, crashes: 4 });
  expect(plan([{ region: "eu", nodes: 1 }], [dead], NOW, LIMITS)).toEqual([
    expect.objectContaining({
      kind: "wait",
      untilMs: NOW + 1_000,
      reason: expect.stringContaining("4 times in a row"),
    }),
  ]);
  expect([1, 2, 3, 4, 20].map(restartDelayMs)).toEqual([0, 500, 1_000, 2_000, 30_000]);
});

test("a drain that takes too long is ended by force", () => {
  expect(kinds(0, [node(0, { stoppingSinceMs: NOW - 10_001 })])).toEqual(["kill eu-1"]);
});

test("stale beats alone do not convict: the control database may be the trouble", () => {
  const stale = { beatAtMs: NOW - BEAT_LOST_MS - 1 };
  expect(kinds(1, [node(0, stale)])).toEqual([]);
  expect(kinds(1, [node(0, { ...stale, unreachableSinceMs: NOW - UNREACHABLE_MS - 1 })])).toEqual([
    "kill eu-1",
  ]);
  expect(kinds(1, [node(0, { unreachableSinceMs: NOW - 60_000 })])).toEqual([]);
});

test("a start that never beats is given up after its deadline", () => {
  const starting = { beatAtMs: null, unreachableSinceMs: NOW - 40_000 };
  expect(kinds(1, [node(0, { ...starting, startedAtMs: NOW - START_DEADLINE_MS + 1 })])).toEqual([]);
  expect(kinds(1, [node(0, { ...starting, startedAtMs: NOW - START_DEADLINE_MS - 1 })])).toEqual([
    "kill eu-1",
  ]);
});
