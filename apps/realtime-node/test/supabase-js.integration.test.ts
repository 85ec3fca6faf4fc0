import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

const SQL = `
  create table public.notes (
    id bigint generated always as identity primary key,
    owner uuid not null,
    body text not null
  );
  alter table public.notes replica identity full;
  alter table public.notes enable row level security;
  create policy "owners read their notes" on public.notes
    for select to authenticated using (owner = (select auth.uid()));
  alter publication supabase_realtime add table public.notes;

  create policy "people read their own room" on realtime.messages
    for select to authenticated using (realtime.topic() = 'room:' || (select auth.uid()::text));
  create policy "people write to their own room" on realtime.messages
    for insert to authenticated with check (realtime.topic() = 'room:' || (select auth.uid()::text));
`;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, sql: SQL });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

interface Heard {
  event: string;
  payload: unknown;
}

describe.each([
  ["on one node", 0],
  ["across two nodes", 1],
])("an unmodified supabase-js, %s", (_where, other) => {
  test("broadcasts: others hear it once, the sender does not, and an acknowledged send is ok", async () => {
    const topic = `room-${randomUUID()}`;
    await using alice = await cluster.supabase(0);
    await using bob = await cluster.supabase(other);
    const heard: Record<"alice" | "bob", Heard[]> = { alice: [], bob: [] };
    const listenAs = (who: "alice" | "bob") => (channel: ReturnType<typeof alice.client.channel>) =>
      channel.on("broadcast", { event: "*" }, ({ event, payload }) => heard[who].push({ event, payload }));
    const sender = await alice.subscribe(topic, { config: { broadcast: { ack: true } } }, listenAs("alice"));
    await bob.subscribe(topic, undefined, listenAs("bob"));

    expect(await sender.send({ type: "broadcast", event: "move", payload: { x: 1 } })).toBe("ok");
    expect(await sender.send({ type: "broadcast", event: "move", payload: { x: 2 } })).toBe("ok");

    await eventually(() => heard.bob.length === 2);
    expect(heard).toEqual({
      alice: [],
      bob: [
        { event: "move", payload: { x: 1 } },
        { event: "move", payload: { x: 2 } },
      ],
    });
  });

  test("sends over REST before it has joined", async () => {
    const topic = `room-${randomUUID()}`;
    await using alice = await cluster.supabase(0);
    await using bob = await cluster.supabase(other);
    const heard: unknown[] = [];
    await bob.subscribe(topic, undefined, (channel) =>
      channel.on("broadcast", { event: "news" }, ({ payload }) => heard.push(payload)),
    );
    const sent = await alice.client.channel(topic).httpSend("news", { title: "hello" });
    expect(sent).toMatchObject({ success: true });
    await eventually(() => heard.length === 1);
    expect(heard).toEqual([{ title: "hello" }]);
  });

  test("presence: everybody sees who is there, and who left", async () => {
    const topic = `room-${randomUUID()}`;
    await using alice = await cluster.supabase(0);
    const withKey = (key: string) => ({ config: { presence: { key } } });
    const listen = (channel: ReturnType<typeof alice.client.channel>) =>
      channel.on("presence", { event: "sync" }, () => undefined);
    const hers = await alice.subscribe(topic, withKey("alice"), listen);
    await hers.track({ mood: "calm" });
    {
      await using bob = await cluster.supabase(other);
      const his = await bob.subscribe(topic, withKey("bob"), listen);
      await his.track({ mood: "busy" });
      for (const channel of [hers, his]) {
        await eventually(() => {
          expect(channel.presenceState()).toMatchObject({
            alice: [{ mood: "calm" }],
            bob: [{ mood: "busy" }],
          });
        });
      }
    }
    await eventually(() => expect(Object.keys(hers.presenceState())).toEqual(["alice"]));
  });

  test("row changes: each of two users sees their own rows and no others", async () => {
    const [ann, ben] = [randomUUID(), randomUUID()];
    await using annClient = await cluster.supabase(0, cluster.project.database.token({ sub: ann }));
    await using benClient = await cluster.supabase(other, cluster.project.database.token({ sub: ben }));
    const seen: Record<string, string[]> = { ann: [], ben: [] };
    const listenAs = (who: "ann" | "ben") => (channel: ReturnType<typeof annClient.client.channel>) =>
      channel.on("postgres_changes", { event: "*", schema: "public", table: "notes" }, (change) => {
        const row = change.eventType === "DELETE" ? change.old : change.new;
        seen[who]?.push(`${change.eventType} ${"body" in row ? row.body : `#${"id" in row}`}`);
      });
    await Promise.all([
      subscribedToPostgres(await annClient.subscribe("notes", undefined, listenAs("ann"))),
      subscribedToPostgres(await benClient.subscribe("notes", undefined, listenAs("ben"))),
    ]);

    await cluster.project.database.query("insert into notes (owner, body) values ($1, 'a1'), ($2, 'b1')", [
      ann,
      ben,
    ]);
    await cluster.project.database.query("update notes set body = body || '!' where owner = $1", [ann]);
    await cluster.project.database.query("insert into notes (owner, body) values ($1, 'b2')", [ben]);

    await eventually(() => {
      expect(seen).toEqual({ ann: ["INSERT a1", "UPDATE a1!"], ben: ["INSERT b1", "INSERT b2"] });
    });
    await cluster.project.database.query("delete from notes where owner = $1", [ben]);
    await eventually(() => expect(seen.ben).toContain("DELETE #true"));
  });

  test("a private channel lets in whom the policies let in, and says why not to others", async () => {
    const [ann, ben] = [randomUUID(), randomUUID()];
    await using first = await cluster.supabase(0, cluster.project.database.token({ sub: ann }));
    await using second = await cluster.supabase(other, cluster.project.database.token({ sub: ann }));
    await using stranger = await cluster.supabase(other, cluster.project.database.token({ sub: ben }));
    const options = { config: { private: true, broadcast: { ack: true } } };
    const heard: unknown[] = [];
    const sender = await first.subscribe(`room:${ann}`, options);
    await second.subscribe(`room:${ann}`, options, (channel) =>
      channel.on("broadcast", { event: "hi" }, ({ payload }) => heard.push(payload)),
    );
    expect(await sender.send({ type: "broadcast", event: "hi", payload: { n: 1 } })).toBe("ok");
    await eventually(() => heard.length === 1);
    await expect(stranger.subscribe(`room:${ann}`, options)).rejects.toThrow(/Unauthorized/);
  });
});

/** Promise P8: from this message on, every commit is delivered. */
function subscribedToPostgres(channel: { on: unknown }): Promise<void> {
  const listen = channel.on as (
    type: "system",
    filter: object,
    callback: (message: { extension: string; status: string; message: string }) => void,
  ) => unknown;
  return new Promise((resolve, reject) => {
    listen.call(channel, "system", {}, ({ extension, status, message }) => {
      if (extension !== "postgres_changes") return;
      if (status === "ok") resolve();
      else reject(new Error(message));
    });
  });
}
