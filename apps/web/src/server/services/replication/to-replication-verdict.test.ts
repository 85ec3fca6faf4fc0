import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import { newestHome } from "./newest-home.ts";
import { toReplicationVerdict } from "./to-replication-verdict.ts";

const NONE = { p50: 0, p95: 0, p99: 0, count: 0 };
const HOME: ReplicationSnapshot = {
  node: "eu-1",
  region: "eu",
  epoch: 1,
  homeSinceMs: 0,
  state: "streaming",
  slot: "tidewire_demo",
  lagMs: 8,
  lagBytes: 120,
  retainedBytes: 1_000,
  retainedBytesMax: 1_000_000,
  stages: {},
  total: NONE,
  changesPerSecond: 12,
  shapes: 1,
  tables: [],
  outages: [],
  pool: { size: 2, inUse: 0, queued: 0, coalesced: 0, hits: 0, misses: 0 },
};
const ALL = { askedAtMs: 0, answered: ["eu-1"], silent: [], silentNodes: [] };
const silentNodes = [{ node: "eu-2", region: "eu", beatAtMs: 0, connections: 1, reason: "" }];
const of = (
  home: Partial<ReplicationSnapshot> | null,
  surveyed = ALL as Parameters<typeof toReplicationVerdict>[1],
) => toReplicationVerdict(home && { ...HOME, ...home }, surveyed, 100_000);

test("a healthy stream says what it does", () => {
  expect(of({})).toMatchObject({
    level: "ok",
    sentence: expect.stringMatching(/8(\.0)? ms behind the last commit/),
  });
});

test("no home is idle, unless the node that may be home is silent", () => {
  expect(of(null).level).toBe("idle");
  expect(of(null, { ...ALL, silent: ["eu-2"], silentNodes })).toMatchObject({
    level: "warning",
    sentence: expect.stringContaining("eu-2"),
  });
  expect(of(null, { ...ALL, answered: [] }).level).toBe("broken");
});

test("a lost database is told with its reason and since when", () => {
  const outages = [{ fromMs: 70_000, reason: "connection refused" }];
  expect(of({ state: "lost", outages })).toEqual({
    level: "broken",
    sentence:
      "The database is lost for 30 s: connection refused. Committed rows wait in the slot and follow in order.",
  });
});

test("lag grows from a warning to an incident and names the blocker", () => {
  const blocker = { pid: 4711, user: "backup", ageMs: 540_000, queryStartMs: 0, query: "", state: "idle" };
  expect(of({ lagMs: 6_000 }).level).toBe("warning");
  expect(of({ lagMs: 60_000, blocker })).toMatchObject({
    level: "broken",
    sentence: expect.stringContaining("pid 4711"),
  });
});

test("a slot that fills up is a warning before it is lost", () => {
  expect(of({ retainedBytes: 800_000 })).toMatchObject({
    level: "warning",
    sentence: expect.stringContaining("given up"),
  });
});

test("of two homes the later epoch counts", () => {
  expect(
    newestHome([null, { ...HOME, epoch: 2, node: "old" }, { ...HOME, epoch: 3, node: "new" }])?.node,
  ).toBe("new");
  expect(newestHome([null])).toBeNull();
});
