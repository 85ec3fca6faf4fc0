import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { HandshakeRefused, type PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { expect, test } from "vitest";
import { startCluster } from "./harness.ts";

test("a drained node sends its clients away with 1012, its members leave, and another node serves them", async () => {
  await using cluster = await startCluster({ nodes: 2, env: { TIDEWIRE_DRAIN_MS: "1500" } });
  const topic = `realtime:room-${randomUUID()}`;
  const config = (key: string) => ({ presence: { key, enabled: true } });
  const leaving = await Promise.all(
    ["a", "b", "c", "d"].map(async (key) => {
      const client = await cluster.connect(0);
      await client.join(topic, config(key));
      await client.track(topic, { key });
      return client;
    }),
  );
  const staying = await cluster.connect(1);
  await staying.join(topic, config("staying"));
  await eventually(() => expect(keysOf(staying, "joins")).toEqual(new Set(["a", "b", "c", "d"])));

  const [leaver] = cluster.nodes;
  const startedMs = performance.now();
  const drained = leaver?.drain();
  await expect(cluster.connect(0)).rejects.toThrow(HandshakeRefused);
  expect((await fetch(`${leaver?.url}/readyz`)).status).toBe(503);

  const closes = await Promise.all(
    leaving.map(async (client) => {
      const { code } = await client.expectClose();
      return { code, afterMs: performance.now() - startedMs };
    }),
  );
  await drained;
  expect(closes.map(({ code }) => code)).toEqual([1012, 1012, 1012, 1012]);
  expect(new Set(closes.map(({ afterMs }) => Math.round(afterMs / 20))).size).toBeGreaterThan(1);

  await eventually(() => expect(keysOf(staying, "leaves")).toEqual(new Set(["a", "b", "c", "d"])));

  await leaver?.close();
  const nodes = await cluster.control.plane.db.node.findMany({ orderBy: { id: "asc" } });
  expect(nodes.map(({ id, state: last }) => [id, last])).toEqual([
    ["node-0", "gone"],
    ["node-1", "ready"],
  ]);
});

test("[M6] [R10] row changes go on after the home was drained: the other node takes over, and nothing is lost", async () => {
  await using cluster = await startCluster({
    nodes: 2,
    sql: `create table public.notes (id bigint generated always as identity primary key, n int);
          alter publication supabase_realtime add table public.notes;`,
  });
  const topic = `realtime:notes-${randomUUID()}`;
  const changes = [{ event: "INSERT", schema: "public", table: "notes" }];
  // The first to need the database is its home.
  const first = await cluster.connect(0);
  await first.join(topic, { postgres_changes: changes });
  await first.expectFrame({ event: "system", payload: { extension: "postgres_changes", status: "ok" } });
  const reader = await cluster.connect(1);
  await reader.join(topic, { postgres_changes: changes });
  await reader.expectFrame({ event: "system", payload: { extension: "postgres_changes", status: "ok" } });

  const insert = (n: number) => cluster.project.database.query("insert into notes (n) values ($1)", [n]);
  let n = 0;
  for (; n < 20; n++) await insert(n);
  const left = cluster.nodes[0]?.drain().then(() => cluster.nodes[0]?.close());
  for (; n < 60; n++) await insert(n);
  await left;
  for (; n < 80; n++) await insert(n);

  const seen: number[] = [];
  while (seen.length < n) {
    const { payload } = await reader.expectFrame({ event: "postgres_changes" }, { withinMs: 10_000 });
    seen.push((payload as { data: { record: { n: number } } }).data.record.n);
  }
  expect(seen).toEqual(Array.from({ length: n }, (_, i) => i));
});

/** Presence keys that a client was told of so far. */
function keysOf(client: PhoenixClient, side: "joins" | "leaves"): Set<string> {
  const diffs = client.frames.filter(({ event }) => event === "presence_diff");
  return new Set(diffs.flatMap(({ payload }) => Object.keys((payload as Record<typeof side, object>)[side])));
}
