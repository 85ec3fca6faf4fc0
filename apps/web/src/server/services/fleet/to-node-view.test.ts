import type { NodeStatus } from "@tidewire/db/nodes";
import type { NodeSnapshot } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import { toNodeView } from "./to-node-view.ts";

const ROW: NodeStatus = {
  id: "eu-1",
  boot: "b",
  region: "eu",
  url: "http://localhost:4000",
  adminUrl: "http://127.0.0.1:4900",
  pid: 42,
  version: "0.1.0",
  state: "ready",
  connections: 3,
  startedAtMs: 0,
  beatAtMs: 0,
  metrics: {},
  silentMs: 2_000,
};
const SNAPSHOT: NodeSnapshot = {
  node: "eu-1",
  boot: "b",
  region: "eu",
  version: "0.1.0",
  pid: 42,
  startedAtMs: 0,
  state: "ready",
  connections: 5,
  projects: ["p"],
  homes: ["p"],
  eventLoopP99Ms: 1,
  heapBytes: 1,
  rssBytes: 1,
  controlDatabase: { ok: true, sinceMs: 0 },
  routes: { peers: [], databases: [], misroutes: [] },
};
const view = (
  row: Partial<NodeStatus>,
  snapshot: Partial<NodeSnapshot> | null,
  silence: string | null = null,
) => toNodeView({ ...ROW, ...row }, { snapshot: snapshot && { ...SNAPSHOT, ...snapshot }, silence });

test("a node that beats and answers is healthy, with its own figures", () => {
  expect(view({}, {})).toMatchObject({ health: "healthy", connections: 5, answered: true, homes: ["p"] });
});

test("what a silent node would say is unknown, not zero", () => {
  const silent = view({ silentMs: 4_000 }, null, "no answer within 1.5 s");
  expect(silent).toMatchObject({ health: "suspect", connections: null, rssBytes: null, answered: false });
  expect(silent.reason).toContain("no answer within 1.5 s, last beat 4 s ago");
});

test("silence on both ways for long enough is down", () => {
  expect(view({ silentMs: 30_000 }, null, "nothing listens on its admin port").health).toBe("down");
});

test("a node that answers without beating is not taken for dead", () => {
  expect(view({ silentMs: 60_000 }, {})).toMatchObject({ health: "suspect", connections: 5 });
  expect(view({}, { controlDatabase: { ok: false, sinceMs: 0 } }).reason).toContain("control database");
});

test("leaving is told with what is left", () => {
  expect(view({ state: "draining" }, { state: "draining", connections: 1 })).toMatchObject({
    health: "draining",
    reason: "It is leaving; 1 connection left.",
  });
});
