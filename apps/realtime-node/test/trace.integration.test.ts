import { randomUUID } from "node:crypto";
import type { TapBatch, TraceHop } from "@tidewire/protocol/cluster/tap";
import { eventually } from "@tidewire/testkit/eventually";
import { afterAll, beforeAll, expect, test } from "vitest";
import { subscribe } from "./harness/inspect-client.ts";
import { type Cluster, startCluster } from "./harness.ts";

const PATIENCE = { withinMs: 30_000 };
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** Taps both nodes, as the dashboard does, and keeps what they say until the test ends. */
function tapBoth(input: { topic?: string; trace?: boolean }) {
  const hops: TraceHop[] = [];
  const batches: TapBatch[] = [];
  let stopped = false;
  const reading = [0, 1].map(async (node) => {
    const tap = { ref: cluster.project.ref, ...input };
    for await (const batch of subscribe<TapBatch>(cluster.inspect(node), "tap", tap)) {
      batches.push(batch);
      hops.push(...(batch.traces ?? []));
      if (stopped) return;
    }
  });
  return {
    hops,
    batches,
    [Symbol.dispose]() {
      stopped = true;
      for (const read of reading) read.catch(() => undefined);
    },
  };
}

async function joinBoth() {
  const topic = `room-${randomUUID()}`;
  const [alice, bob, carol] = [await cluster.connect(0), await cluster.connect(0), await cluster.connect(1)];
  for (const client of [alice, bob, carol]) await client.join(`realtime:${topic}`);
  return { topic, alice, bob, carol, say: () => alice.broadcast(`realtime:${topic}`, "move", { x: 1 }) };
}

test("[P5] a traced broadcast is seen at every step on every node, in the order of time, with each member's fate", async () => {
  const { topic, say } = await joinBoth();
  using tap = tapBoth({ topic, trace: true });
  // The wish to trace travels; the first messages may come before it.
  await eventually(() => {
    say();
    expect(new Set(tap.hops.map(({ node }) => node))).toEqual(new Set(["node-0", "node-1"]));
  }, PATIENCE);
  const far = tap.hops.find(({ node }) => node === "node-1");
  const near = await eventually(() => {
    const found = tap.hops.find(
      ({ node, position }) => node === "node-0" && position.seq === far?.position.seq,
    );
    if (found === undefined) throw new Error("the hop of the origin is not there yet");
    return found;
  }, PATIENCE);

  expect(near).toMatchObject({ topic, recipients: 1, dropped: 1, fromRegion: "local-1" });
  expect(near.members.map(({ dropped }) => dropped)).toEqual(["own-message", undefined]);
  expect(far).toMatchObject({ topic, recipients: 1, dropped: 0, position: near.position });
  const { accepted, sequenced, busOut = 0, fannedOut, written } = near.times;
  expect([accepted, sequenced, fannedOut, busOut]).toEqual(
    [accepted, sequenced, fannedOut, busOut].sort((a, b) => a - b),
  );
  expect(written).toBeGreaterThanOrEqual(busOut);
  const { busIn = 0, inOrder = 0, ...rest } = far?.times ?? near.times;
  expect(rest).toMatchObject({ accepted, sequenced, busOut });
  const onFar = [busOut, busIn, inOrder, rest.fannedOut, rest.written];
  expect(onFar).toEqual([...onFar].sort((a, b) => a - b));
});

test("[P5] a member that may not read, or does not hear itself, is named with the reason; other topics are not traced", async () => {
  const { topic, alice, say } = await joinBoth();
  using tap = tapBoth({ topic: `${topic}-other`, trace: true });
  using same = tapBoth({ topic, trace: true });
  await eventually(() => {
    say();
    expect(same.hops.length).toBeGreaterThan(0);
  }, PATIENCE);
  expect(same.hops[0]?.members.some(({ dropped }) => dropped === "own-message")).toBe(true);
  expect(tap.hops).toEqual([]);
  await alice.close();
});

test("a tap that does not ask is sent no traces", async () => {
  const { topic, say } = await joinBoth();
  using tap = tapBoth({ topic });
  await eventually(() => {
    say();
    expect(tap.batches.some(({ events }) => events.some(({ kind }) => kind === "broadcast"))).toBe(true);
  }, PATIENCE);
  expect(tap.batches.every(({ traces }) => traces === undefined)).toBe(true);
});
