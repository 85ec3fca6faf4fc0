import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { HandshakeRefused } from "@tidewire/testkit/phoenix-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

/** Without the control database a start waits this long for it before it serves what it knows. */
const START_MS = 20_000;

const SQL = `
  create table public.notes (id bigint generated always as identity primary key, body text);
  alter publication supabase_realtime add table public.notes;
  create policy "all read" on realtime.messages for select to anon using (true);
`;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ controlServer: "own", sql: SQL });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function everythingWorks(): Promise<void> {
  const topic = `realtime:room-${randomUUID()}`;
  await using alice = await cluster.connect();
  await using bob = await cluster.connect();
  const changes = [{ event: "*", schema: "public", table: "notes" }];
  await alice.join(topic, { presence: { key: "alice", enabled: true } });
  await bob.join(topic, { presence: { key: "bob", enabled: true }, postgres_changes: changes });
  await bob.expectFrame({ event: "system", payload: { extension: "postgres_changes", status: "ok" } });

  alice.broadcast(topic, "move", { x: 1 });
  await alice.track(topic, { mood: "calm" });
  const body = randomUUID();
  await cluster.project.database.query("insert into notes (body) values ($1)", [body]);

  await bob.expectFrame({ event: "broadcast", payload: { event: "move", payload: { x: 1 } } });
  await bob.expectFrame({ event: "presence_diff", payload: { joins: { alice: {} } } });
  await bob.expectFrame({ event: "postgres_changes", payload: { data: { record: { body } } } });
}

async function status(path: string): Promise<number> {
  return (await fetch(`${cluster.nodes[0]?.url}${path}`)).status;
}

test(
  "[M3] [P9] with the control database gone, a known project goes on: old channels, new joins, private ones, and a restarted node",
  async () => {
    await everythingWorks();
    await using before = await cluster.connect();
    const topic = `realtime:long-${randomUUID()}`;
    await before.join(topic, { broadcast: { self: true } });

    await cluster.controlPostgres.stop("immediate");

    before.broadcast(topic, "still", { here: true });
    await before.expectFrame({ event: "broadcast", payload: { event: "still" } });
    await everythingWorks();
    await before.join("realtime:private", { private: true });
    expect(await status("/readyz")).toBe(200);

    await cluster.restart(0);
    expect(await status("/readyz")).toBe(200);
    await everythingWorks();
    await expect(
      cluster.connect(0, { url: `${cluster.nodes[0]?.url}/p/unknown0000000000000` }),
    ).rejects.toThrow(HandshakeRefused);

    await cluster.controlPostgres.start();
    await eventually(
      async () => {
        const metrics = await (await fetch(`${cluster.nodes[0]?.url}/metrics`)).text();
        expect(metrics).toMatch(/^tidewire_control_database_up\{[^}]*\} 1$/m);
      },
      { withinMs: 15_000 },
    );
    await everythingWorks();
  },
  START_MS + 60_000,
);
