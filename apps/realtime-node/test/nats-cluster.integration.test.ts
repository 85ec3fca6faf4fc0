import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { findNatsServer, type Nats, startNats } from "@tidewire/testkit/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

const SQL = `
  create table public.notes (id bigint generated always as identity primary key, body text);
  alter publication supabase_realtime add table public.notes;
`;

describe.skipIf(findNatsServer() === undefined)("two nodes over NATS", () => {
  let nats: Nats;
  let cluster: Cluster;
  beforeAll(async () => {
    nats = await startNats();
    cluster = await startCluster({ nodes: 2, sql: SQL, env: { NATS_URL: nats.url } });
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await nats?.[Symbol.asyncDispose]();
  });

  test("share broadcasts, presence and row changes", async () => {
    const topic = `realtime:room-${randomUUID()}`;
    const config = (key: string) => ({
      presence: { key, enabled: true },
      postgres_changes: [{ event: "INSERT", schema: "public", table: "notes" }],
    });
    const clients = [await cluster.connect(0), await cluster.connect(1)] as const;
    const [alice, bob] = clients;
    await alice.join(topic, config("alice"));
    await bob.join(topic, config("bob"));
    for (const client of clients) {
      await client.expectFrame({ event: "system", payload: { extension: "postgres_changes", status: "ok" } });
    }

    alice.broadcast(topic, "move", { x: 1 });
    await alice.track(topic, { mood: "calm" });
    await cluster.project.database.query("insert into notes (body) values ('hello')");

    await bob.expectFrame({ event: "broadcast", payload: { event: "move", payload: { x: 1 } } });
    await bob.expectFrame({ event: "presence_diff", payload: { joins: { alice: {} } } });
    for (const client of clients) {
      await client.expectFrame({
        event: "postgres_changes",
        payload: { data: { record: { body: "hello" } } },
      });
    }
  });

  test("hear of each other's end at once", async () => {
    await cluster.nodes[1]?.close();
    await eventually(async () => {
      const metrics = await (await fetch(`${cluster.nodes[0]?.url}/metrics`)).text();
      expect(metrics).toMatch(/^tidewire_peers\{health="down"[^}]*\} 1$/m);
    });
  });
});
