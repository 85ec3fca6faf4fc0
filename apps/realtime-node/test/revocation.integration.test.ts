import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import type { ReceivedFrame } from "@tidewire/testkit/phoenix-wire";
import type { TestClient } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryBus } from "../src/bus/memory-bus.ts";
import { onNotices } from "../src/changes/notices.ts";
import { type Cluster, startCluster } from "./harness.ts";

/** Issue 3: from the commit of the change to the last frame that it forbids. */
const EFFECT_MS = 5_000;
/** A machine that is busy with other suites. */
const PATIENCE = { withinMs: 30_000 };
const LOAD_PERIOD_MS = 25;

const LIMITS = {
  maxConcurrentUsers: 1_000,
  maxJoinsPerSecond: 10_000,
  maxEventsPerSecond: 1_000_000,
  maxPresenceEventsPerSecond: 100_000,
};

/** Staff may read and write everywhere; a department has a role of its own, so that each case can be taken away by itself. */
const SQL = `
  create policy "staff reads" on realtime.messages for select to authenticated using (true);
  create policy "staff writes" on realtime.messages for insert to authenticated with check (true);
  create table public.notes (id bigint generated always as identity primary key, text text);
  grant select on public.notes to authenticated;
  alter table public.notes enable row level security;
  create policy "staff notes" on public.notes for select to authenticated using (true);
  alter publication supabase_realtime add table public.notes;`;

interface Case {
  name: string;
  /** `$dept` is the department's role. Default: a policy that lets it read. */
  before?: string;
  change: string;
}

const reads = (using: string) =>
  `create policy "$dept reads" on realtime.messages for select to $dept using (${using})`;

const CASES: readonly Case[] = [
  { name: "drop policy", change: 'drop policy "$dept reads" on realtime.messages' },
  { name: "alter policy", change: 'alter policy "$dept reads" on realtime.messages using (false)' },
  { name: "revoke on the table", change: "revoke select on realtime.messages from $dept" },
  { name: "revoke on the schema", change: "revoke usage on schema realtime from $dept" },
  { name: "revoke of the role", change: "revoke $dept from $owner" },
  { name: "alter role", before: "alter role $dept bypassrls", change: "alter role $dept nobypassrls" },
  {
    name: "another function",
    before: `create function public.may_$dept() returns bool language sql stable as 'select true';
      ${reads("public.may_$dept()")}`,
    change:
      "create or replace function public.may_$dept() returns bool language sql stable as 'select false'",
  },
  {
    name: "row security on a table that the policy reads",
    before: `create table public.rooms_$dept as select 1 as one; grant select on public.rooms_$dept to $dept;
      alter table public.rooms_$dept disable row level security; ${reads("exists (select from public.rooms_$dept)")}`,
    change: "alter table public.rooms_$dept enable row level security",
  },
  {
    name: "revoke on a table that the policy reads",
    before: `create table public.rooms_$dept as select 1 as one; grant select on public.rooms_$dept to $dept;
      ${reads("exists (select from public.rooms_$dept)")}`,
    change: "revoke select on public.rooms_$dept from $dept",
  },
];

describe.each([
  ["one node", 1],
  ["two nodes, the home on the other", 2],
])("revocation on %s", (_, nodes) => {
  let cluster: Cluster;
  let admin: TestClient;
  let owner: string;
  let departments = 0;
  let bus: MemoryBus;
  /** Which policies the home has found last. */
  let print: string | undefined;
  beforeAll(async () => {
    cluster = await startCluster({ nodes, sql: SQL, limits: LIMITS });
    admin = await cluster.project.database.connectAsAdmin();
    owner = decodeURIComponent(new URL(cluster.project.database.databaseUrl).username);
    bus = new MemoryBus(cluster.broker);
    onNotices(bus, cluster.project.ref, (notice) => {
      if (notice.kind === "authorization") print = notice.print;
    });
    // The first question elects the home where it was asked.
    await (await staff(nodes - 1)).join("realtime:first", { private: true });
  });
  afterAll(async () => {
    await bus?.close();
    await admin?.end();
    await cluster?.[Symbol.asyncDispose]();
  });

  const staff = (node = 0) => cluster.connect(node, { apikey: token("authenticated") });
  const token = (role: string) => cluster.project.database.token({ role, sub: randomUUID() });

  async function newDepartment(before = reads("true")) {
    const dept = `dept_${nodes}_${++departments}`;
    const run = (sql: string) =>
      admin.query(sql.replaceAll("$dept", dept).replaceAll("$owner", `"${owner}"`));
    await eventually(() => print !== undefined, PATIENCE);
    const earlier = print;
    await run(`create role $dept nologin noinherit; grant $dept to $owner;
      grant usage on schema realtime, auth, public to $dept;
      grant select, insert on realtime.messages to $dept;
      create policy "$dept writes" on realtime.messages for insert to $dept with check (true);
      ${before}`);
    // Or the department's own coming would send its channels back to the policies, and hide that its end does not.
    await eventually(() => print !== earlier, PATIENCE);
    return {
      dept,
      run,
      topic: `realtime:${dept}`,
      member: () => cluster.connect(0, { apikey: token(dept) }),
    };
  }

  test.each(CASES)(
    "[A20] $name: ends the channels it concerns within 5 s, and no others",
    async ({ before, change }) => {
      const { run, topic, member } = await newDepartment(before);
      const [affected, colleague, elsewhere, feed] = [
        await member(),
        await staff(),
        await staff(nodes - 1),
        await staff(),
      ];
      const config = { private: true, presence: { enabled: true } };
      for (const client of [affected, colleague, feed]) await client.join(topic, config);
      const other = `${topic}-other`;
      for (const client of [elsewhere, feed]) await client.join(other, config);
      await affected.join(`${topic}-public`);
      await affected.track(topic, { who: "affected" });
      await colleague.expectFrame({ topic, event: "presence_diff" }, PATIENCE);
      await using load = sendTo(feed, [topic, other]);
      await eventually(() => numbersOf(affected, topic).length > 3, PATIENCE);

      await run(change);
      const committedAtMs = Date.now();
      const end = await affected.expectFrame(
        { topic, event: "system", payload: { status: "error" } },
        PATIENCE,
      );
      await affected.expectFrame({ topic, event: "phx_close", ref: affected.joinRef(topic) }, PATIENCE);

      expect(end.payload).toEqual({
        extension: "system",
        status: "error",
        message: `You do not have permissions to read from this Channel topic: ${topic.slice(9)}`,
        channel: topic.slice(9),
      });
      await colleague.expectFrame(
        {
          topic,
          event: "presence_diff",
          payload: (diff: unknown) => JSON.stringify(diff).includes('"leaves":{"'),
        },
        PATIENCE,
      );
      const sent = load.sent;
      await eventually(() => load.sent > sent + 20, PATIENCE);
      await load.stop();
      const last = affected.frames.findLast((frame) => frame.topic === topic);
      expect((last?.atMs ?? 0) - committedAtMs).toBeLessThan(EFFECT_MS);
      for (const [client, heard] of [
        [colleague, topic],
        [elsewhere, other],
      ] as const) {
        await eventually(() => numbersOf(client, heard).at(-1) === load.sent, PATIENCE);
        expectNoGap(numbersOf(client, heard));
        expect(client.frames.filter(({ event }) => event === "phx_close")).toEqual([]);
      }
      expect((await affected.push(`${topic}-public`, "presence", {})).status).toBe("ok");
      expect((await affected.heartbeat()).status).toBe("ok");
    },
  );

  test("[A20] sends and tracks are refused within 5 s of the loss of a write policy; reading goes on", async () => {
    const { run, topic, member } = await newDepartment();
    const [affected, colleague] = [await member(), await staff()];
    for (const client of [affected, colleague])
      await client.join(topic, { private: true, broadcast: { ack: true }, presence: { enabled: true } });
    const send = async (client: PhoenixClient) =>
      client.expectReply(topic, client.broadcast(topic, "x", {}), PATIENCE);
    expect((await send(affected)).status).toBe("ok");
    expect((await send(colleague)).status).toBe("ok");
    const before = affected.frames.length;

    await run('drop policy "$dept writes" on realtime.messages');
    const committedAtMs = Date.now();
    const refused = await eventually(async () => {
      const { status, response } = await send(affected);
      expect(status).toBe("error");
      return response;
    }, PATIENCE);
    expect(Date.now() - committedAtMs).toBeLessThan(EFFECT_MS);
    expect(refused.reason).toMatch(/^Unauthorized: You do not have permissions to write/);
    expect((await affected.track(topic, { who: "affected" })).status).toBe("error");
    expect((await send(colleague)).status).toBe("ok");
    await eventually(
      () => affected.frames.slice(before).some(({ event }) => event === "broadcast"),
      PATIENCE,
    );
    expect(affected.frames.some(({ event }) => event === "phx_close")).toBe(false);
  });

  test("[A20] a grant that is given counts within 5 s as well", async () => {
    const { run, topic, member } = await newDepartment(
      `create policy "$dept presence" on realtime.messages for select to $dept using (extension = 'presence')`,
    );
    const [affected, feed] = [await member(), await staff()];
    for (const client of [affected, feed])
      await client.join(topic, { private: true, presence: { enabled: true } });
    await using load = sendTo(feed, [topic]);
    await eventually(() => load.sent > 10);
    expect(numbersOf(affected, topic)).toEqual([]);
    await run(reads("true"));
    const committedAtMs = Date.now();
    await eventually(() => numbersOf(affected, topic).length > 0, PATIENCE);
    expect(Date.now() - committedAtMs).toBeLessThan(EFFECT_MS);
  });

  test("[A20] rows: the last one that a dropped policy allowed comes within 5 s; others miss none", async () => {
    const { run, member, topic } = await newDepartment(
      `grant select on public.notes to $dept;
       create policy "$dept notes" on public.notes for select to $dept using (true)`,
    );
    const [affected, colleague] = [await member(), await staff(nodes - 1)];
    for (const client of [affected, colleague]) {
      await client.join(topic, { postgres_changes: [{ event: "INSERT", schema: "public", table: "notes" }] });
      await client.expectFrame({ topic, event: "system", payload: { status: "ok" } }, PATIENCE);
    }
    await using writer = await cluster.project.database.connect();
    let rows = 0;
    const write = async () => {
      await writer.query("insert into public.notes (text) values ('x')");
      rows++;
    };
    const idsOf = (client: PhoenixClient) => client.frames.filter(isRow).map(idOf);
    await write();
    await eventually(() => idsOf(affected).length > 0, PATIENCE);

    await run('drop policy "$dept notes" on public.notes');
    const committedAtMs = Date.now();
    while (Date.now() - committedAtMs < EFFECT_MS) await write();
    const { rows: last } = await writer.query("select max(id)::int as id from public.notes");
    await eventually(() => idsOf(colleague).at(-1) === last[0].id, PATIENCE);
    for (let more = 0; more < 20; more++) await write();
    await eventually(() => idsOf(colleague).length === rows, PATIENCE);
    expectNoGap(idsOf(colleague));
    const lastRow = affected.frames.findLast(isRow);
    expect((lastRow?.atMs ?? 0) - committedAtMs).toBeLessThan(EFFECT_MS);
    expect(idsOf(affected).at(-1)).toBeLessThan(last[0].id);
    for (const client of [affected, colleague])
      expect(client.frames.filter(({ event }) => event === "phx_close")).toEqual([]);
  });

  test("[A20] a policy that changes while a join is under way counts for it too", async () => {
    const { run, topic, member } = await newDepartment(reads("pg_sleep(1.5) is not null"));
    const affected = await member();
    const joined = affected.tryJoin(topic, { config: { private: true } });
    await eventually(async () => {
      const { rows } = await admin.query("select 1 from pg_stat_activity where wait_event = 'PgSleep'");
      expect(rows).toHaveLength(1);
    }, PATIENCE);
    // Waits for the check that is under way, like every change of a table's policies.
    await run('drop policy "$dept reads" on realtime.messages');
    const committedAtMs = Date.now();
    expect((await joined).status).toBe("ok");
    await affected.expectFrame({ topic, event: "phx_close" }, PATIENCE);
    expect(Date.now() - committedAtMs).toBeLessThan(EFFECT_MS);
  });
});

test("[A20] a policy that changes while no home looks counts as soon as there is one again", async () => {
  await using cluster = await startCluster({ nodes: 2, sql: SQL, limits: LIMITS });
  const connect = (node: number) =>
    cluster.connect(node, { apikey: cluster.project.database.token({ sub: randomUUID() }) });
  await (await connect(1)).join("realtime:first", { private: true });
  const [affected, other] = [await connect(0), await cluster.connect(0)];
  await affected.join("realtime:room", { private: true, broadcast: { ack: true } });
  await other.join("realtime:public", { broadcast: { ack: true } });
  const home = cluster.nodes[1];
  expect(await (await fetch(`${home?.url}/metrics`)).text()).toContain("tidewire_home_streaming{");

  const gone = home?.close();
  await cluster.project.database.query('drop policy "staff reads" on realtime.messages');
  await gone;

  await affected.expectFrame({ topic: "realtime:room", event: "phx_close" }, PATIENCE);
  expect(
    (await other.expectReply("realtime:public", other.broadcast("realtime:public", "x", {}))).status,
  ).toBe("ok");
});

function isRow({ event }: ReceivedFrame): boolean {
  return event === "postgres_changes";
}

function idOf({ payload }: ReceivedFrame): number {
  return (payload as { data: { record: { id: number } } }).data.record.id;
}

/** Every member of `topics` hears 1, 2, 3, ... */
function sendTo(feed: PhoenixClient, topics: readonly string[]) {
  let sent = 0;
  const timer = setInterval(() => {
    sent++;
    for (const topic of topics)
      feed.send(topic, "broadcast", { type: "broadcast", event: "n", payload: { n: sent } });
  }, LOAD_PERIOD_MS);
  const stop = async () => clearInterval(timer);
  return {
    get sent() {
      return sent;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function numbersOf(client: PhoenixClient, topic: string): number[] {
  const heard = client.frames.filter((frame) => frame.topic === topic && frame.event === "broadcast");
  return heard.map(({ payload }) => (payload as { payload: { n: number } }).payload.n);
}

function expectNoGap(numbers: readonly number[]): void {
  const [first = 0] = numbers;
  expect(numbers).toEqual(numbers.map((_, index) => first + index));
}
