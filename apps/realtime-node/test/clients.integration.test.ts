import { randomUUID } from "node:crypto";
import { updateSettings } from "@tidewire/db/projects";
import { eventually } from "@tidewire/testkit/eventually";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Client, ClientLibrary, Member } from "./clients/client.ts";
import { LIBRARIES } from "./clients/libraries.ts";
import { type Cluster, startCluster } from "./harness.ts";

const SQL = `
  create table public.notes (
    id bigint generated always as identity primary key,
    owner uuid not null,
    body text not null
  );
  alter table public.notes enable row level security;
  create policy "owners read their notes" on public.notes
    for select to authenticated using (owner = (select auth.uid()));
  grant select on public.notes to authenticated;
  alter publication supabase_realtime add table public.notes;
  create policy "people read their own room" on realtime.messages
    for select to authenticated using (realtime.topic() = 'room:' || (select auth.uid()::text));
  create policy "people write to their own room" on realtime.messages
    for insert to authenticated with check (realtime.topic() = 'room:' || (select auth.uid()::text));
`;
/** The project's switch for clients that cannot ask by themselves, as set in the dashboard. */
async function setPresenceEnabled(presenceEnabled: boolean): Promise<void> {
  const { ref } = cluster.project;
  const { version } = await updateSettings(cluster.control.plane.db, ref, { presenceEnabled });
  await eventually(() => {
    for (const { projects } of cluster.nodes) {
      expect(projects.peek(ref)?.record.version ?? version).toBe(version);
    }
  });
}

/** The stock client knows only Phoenix' own binary kinds, and what supabase-js and the database send as kind 4 ends in its decoder. */
const knowsKind4 = ({ name }: ClientLibrary) => !name.startsWith("phoenix") || !name.endsWith("2.0.0");
const SUBSCRIBED = "Subscribed to PostgreSQL";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    sql: SQL,
    limits: { maxJoinsPerSecond: 1_000, maxEventsPerSecond: 10_000 },
  });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

describe.each(LIBRARIES)("an unmodified $name ", (library) => {
  const clients: Client[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) await client[Symbol.asyncDispose]();
  });
  const tokenOf = (sub: string) => cluster.project.database.token({ sub });
  async function connect(sub?: string, using = library): Promise<Client> {
    const token = sub === undefined ? undefined : tokenOf(sub);
    const client = await using.connect(cluster.projectUrl(), cluster.project.keys.anon.value, token);
    clients.push(client);
    return client;
  }
  const insertNote = (owner: string, body: string) =>
    cluster.project.database.query("insert into notes (owner, body) values ($1, $2)", [owner, body]);
  const subscribed = (member: Member, times = 1) =>
    eventually(() => {
      expect(member.systems.filter((message) => message === SUBSCRIBED)).toHaveLength(times);
    });

  test("broadcast: others hear it in order, the sender does not, sends are acknowledged", async () => {
    const topic = `room-${randomUUID()}`;
    const [sender, receiver] = [await (await connect()).join(topic), await (await connect()).join(topic)];
    for (const n of [1, 2, 3]) expect(await sender.send("move", { n })).toBe("ok");
    await eventually(() => expect(receiver.heard).toHaveLength(3));
    expect(receiver.heard).toMatchObject([1, 2, 3].map((n) => ({ event: "move", payload: { n } })));
    expect(sender.heard).toEqual([]);
  });

  test.each(
    LIBRARIES.filter(
      (other) =>
        other !== library &&
        (other.binary !== "kind 3" || knowsKind4(library)) &&
        (library.binary !== "kind 3" || knowsKind4(other)),
    ),
  )("broadcast: understands and is understood by $name", async (other) => {
    const topic = `room-${randomUUID()}`;
    const [own, foreign] = [
      await (await connect()).join(topic),
      await (await connect(undefined, other)).join(topic),
    ];
    await own.send("ours", { text: "žluťoučký", n: 1 });
    await foreign.send("theirs", { n: 2 });
    await eventually(() => expect([own.heard, foreign.heard].map(({ length }) => length)).toEqual([1, 1]));
    expect(foreign.heard).toMatchObject([{ event: "ours", payload: { text: "žluťoučký", n: 1 } }]);
    expect(own.heard).toMatchObject([{ event: "theirs", payload: { n: 2 } }]);
  });

  const presenceBy = library.asksForPresence
    ? ""
    : " (knows no presence.enabled: the project's switch stands in)";
  test(`presence: a newcomer sees who is there; updates and leaves are followed${presenceBy}`, async () => {
    await setPresenceEnabled(!library.asksForPresence);
    const topic = `room-${randomUUID()}`;
    const ann = await (await connect()).join(topic, { presenceKey: "ann" });
    await ann.track({ mood: "calm" });
    const ben = await (await connect()).join(topic, { presenceKey: "ben" });
    await ben.track({ mood: "busy" });
    for (const member of [ann, ben]) {
      await eventually(() => {
        expect(member.present()).toEqual({ ann: [{ mood: "calm" }], ben: [{ mood: "busy" }] });
      });
    }
    await ben.track({ mood: "free" });
    await eventually(() => expect(ann.present().ben).toEqual([{ mood: "free" }]));
    await ben.leave();
    await eventually(() => expect(Object.keys(ann.present())).toEqual(["ann"]));
  });

  test("row changes: every row its user may see from the confirmation on, none of another's", async () => {
    const [ann, ben] = [randomUUID(), randomUUID()];
    const member = await (await connect(ann)).join(`notes-${randomUUID()}`, { table: "notes" });
    await subscribed(member);
    await insertNote(ben, "his");
    await insertNote(ann, "hers");
    await cluster.project.database.query("update notes set body = body || '!' where owner = $1", [ann]);
    await eventually(() => expect(member.changes).toHaveLength(2));
    expect(member.changes.map(({ type, record }) => [type, record.body])).toEqual([
      ["INSERT", "hers"],
      ["UPDATE", "hers!"],
    ]);
  });

  test("private channel: lets in whom the policies let in, tells others why not", async () => {
    const [ann, ben] = [randomUUID(), randomUUID()];
    const [first, second] = [await connect(ann), await connect(ann)];
    const sender = await first.join(`room:${ann}`, { private: true });
    const receiver = await second.join(`room:${ann}`, { private: true });
    expect(await sender.send("hi", { n: 1 })).toBe("ok");
    await eventually(() => expect(receiver.heard).toMatchObject([{ event: "hi", payload: { n: 1 } }]));
    const stranger = await connect(ben);
    await expect(stranger.join(`room:${ann}`, { private: true })).rejects.toThrow(/Unauthorized: You do not/);
  });

  if (!knowsKind4(library)) {
    test("replay: comes as text, so this client has it; live rows of the database come as kind 4 and need 1.0.0", async () => {
      const ann = randomUUID();
      const since = Date.now() - 60_000;
      await cluster.project.database.query("select realtime.send($1, 'chat', $2, true)", [
        { n: 1 },
        `room:${ann}`,
      ]);
      const late = await (await connect(ann)).join(`room:${ann}`, { private: true, replay: { since } });
      await eventually(() =>
        expect(late.heard).toMatchObject([{ payload: { n: 1 }, meta: { replayed: true } }]),
      );
    });
  } else {
    test("replay: what the database sent before the join, oldest first, once", async () => {
      const ann = randomUUID();
      const early = await (await connect(ann)).join(`room:${ann}`, { private: true });
      const since = Date.now() - 60_000;
      for (const n of [1, 2, 3]) {
        await cluster.project.database.query("select realtime.send($1, 'chat', $2, true)", [
          { n },
          `room:${ann}`,
        ]);
      }
      await eventually(() => expect(early.heard).toHaveLength(3));
      const late = await (await connect(ann)).join(`room:${ann}`, {
        private: true,
        replay: { since, limit: 2 },
      });
      await eventually(() => expect(late.heard).toHaveLength(2));
      expect(late.heard).toMatchObject([
        { event: "chat", payload: { n: 2 }, meta: { replayed: true } },
        { event: "chat", payload: { n: 3 }, meta: { replayed: true } },
      ]);
      expect(early.heard.map(({ meta }) => meta?.replayed)).toEqual([undefined, undefined, undefined]);
    });
  }

  if (library.binary === undefined) {
    test("binary: hears no bytes, for it speaks 1.0.0 or polls; another's bytes pass it by, the text behind them does not", async () => {
      const topic = `room-${randomUUID()}`;
      const member = await (await connect()).join(topic);
      const newest = LIBRARIES.find(({ binary }) => binary === "kind 3");
      const sender = await (await connect(undefined, newest)).join(topic);
      expect(await sender.sendBytes?.("bytes", Uint8Array.of(0, 255, 1))).toBe("ok");
      expect(await sender.send("text", { n: 1 })).toBe("ok");
      await eventually(() => expect(member.heard).toMatchObject([{ event: "text", payload: { n: 1 } }]));
    });
  } else {
    test(`binary: bytes arrive as they were sent, as ${library.binary}`, async () => {
      const topic = `room-${randomUUID()}`;
      const [sender, receiver] = [await (await connect()).join(topic), await (await connect()).join(topic)];
      expect(await sender.sendBytes?.("bytes", Uint8Array.of(0, 255, 1))).toBe("ok");
      await eventually(() => expect(receiver.heard).toHaveLength(1));
      expect([...new Uint8Array(receiver.heard[0]?.payload as ArrayBuffer)]).toEqual([0, 255, 1]);
    });
  }

  test("token refresh: rows follow the new claims on the same channel", async () => {
    const [ann, ben] = [randomUUID(), randomUUID()];
    const client = await connect(ann);
    const member = await client.join(`notes-${randomUUID()}`, { table: "notes" });
    await subscribed(member);
    await insertNote(ann, "before");
    await eventually(() => expect(member.changes).toHaveLength(1));
    await client.refresh(tokenOf(ben));
    await subscribed(member, 2);
    await insertNote(ann, "not hers any more");
    await insertNote(ben, "after");
    await eventually(() => expect(member.changes).toHaveLength(2));
    expect(member.changes.map(({ record }) => record.body)).toEqual(["before", "after"]);
    expect(member.ended()).toBe(false);
  });

  test("token refresh: a private channel ends when the new token may not read it", async () => {
    const [ann, ben] = [randomUUID(), randomUUID()];
    const client = await connect(ann);
    const member = await client.join(`room:${ann}`, { private: true });
    await client.refresh(tokenOf(ben));
    await eventually(() => expect(member.ended()).toBe(true));
    expect(member.systems.at(-1)).toMatch(/^You do not have permissions to read/);
  });
});
