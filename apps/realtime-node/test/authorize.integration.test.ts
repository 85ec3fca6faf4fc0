import { setIdentity } from "@tidewire/db/policy-probe";
import type { AuthorizeRequest } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChangesNode } from "./changes-node.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

const PATIENCE = { deadlineMs: 8_000 };

function ask(overrides: Partial<AuthorizeRequest> = {}): AuthorizeRequest {
  return {
    kind: "authorize",
    action: "read",
    topic: "room-1",
    claims: { role: "authenticated", sub: "a0000000-0000-4000-8000-000000000001" },
    headers: {},
    extensions: ["broadcast", "presence"],
    ...overrides,
  };
}

async function withPolicies(...policies: string[]): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(server);
  for (const policy of policies) await database.query(policy);
  return database;
}

const READ = (using: string) =>
  `create policy r${Math.random().toString(36).slice(2)} on realtime.messages for select to authenticated using (${using})`;
const WRITE = (check: string) =>
  `create policy w${Math.random().toString(36).slice(2)} on realtime.messages for insert to authenticated with check (${check})`;

function payloadOf(broadcast: Broadcast | undefined): string {
  return broadcast?.form === "user" ? Buffer.from(broadcast.payload).toString() : "";
}

describe("policies on realtime.messages [7]", () => {
  test("[7.1] read is granted per extension, as the policies say of the probe rows", async () => {
    await using database = await withPolicies(
      READ("realtime.topic() = 'room-1' and extension = 'presence' and private = false and payload is null"),
    );
    await using node = startChangesNode(database);
    const { client } = node;
    expect(await client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({
      broadcast: false,
      presence: true,
    });
    expect(await client.authorize(database.ref, ask({ extensions: ["broadcast"] }), PATIENCE)).toMatchObject({
      broadcast: false,
    });
    expect(await client.authorize(database.ref, ask({ topic: "room-2" }), PATIENCE)).toMatchObject({
      broadcast: false,
      presence: false,
    });
  });

  test("[7.1] a policy sees role, topic, claims and headers", async () => {
    await using database = await withPolicies(
      READ(`current_setting('role') = 'authenticated'
        and realtime.topic() = 'room-1'
        and auth.jwt() ->> 'team' = 'blue'
        and auth.uid() = 'a0000000-0000-4000-8000-000000000001'
        and current_setting('request.jwt.claim.sub') = auth.uid()::text
        and current_setting('request.jwt.claim.role') = 'authenticated'
        and (current_setting('request.headers')::json ->> 'x-tenant') = 't1'`),
    );
    await using node = startChangesNode(database);
    const claims = { ...ask().claims, team: "blue" };
    const granted = { broadcast: true, presence: true };
    expect(
      await node.client.authorize(database.ref, ask({ claims, headers: { "x-tenant": "t1" } }), PATIENCE),
    ).toMatchObject(granted);
    expect(await node.client.authorize(database.ref, ask({ claims }), PATIENCE)).not.toMatchObject(granted);
  });

  test("[7.2] write is granted per extension without the right to read", async () => {
    await using database = await withPolicies(WRITE("extension = 'broadcast'"));
    await using node = startChangesNode(database);
    const write = ask({ action: "write" });
    expect(await node.client.authorize(database.ref, write, PATIENCE)).toMatchObject({
      broadcast: true,
      presence: false,
    });
    expect(await node.client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({
      broadcast: false,
      presence: false,
    });
  });

  test("[7.1] the probe is a row like any other: its own id, both times in UTC, no event", async () => {
    await using database = await withPolicies(
      READ(`id is not null and event is null and inserted_at = updated_at
        and inserted_at between (now() at time zone 'utc') - interval '1 minute' and (now() at time zone 'utc')
        and extension in ('broadcast', 'presence') and topic = realtime.topic()`),
    );
    await using node = startChangesNode(database);
    expect(await node.client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({
      broadcast: true,
      presence: true,
    });
  });

  test("[7.1] the probe is inserted by the connection's own role, then the settings are made in their order", async () => {
    await using database = await withPolicies(READ("true"));
    // Whoever may not insert is let in all the same; whatever was set before the insert would stop it.
    await database.query(`
      create function public.note() returns trigger language plpgsql as $$ begin
        if current_setting('role') <> 'none' or coalesce(current_setting('realtime.topic', true), '') <> '' then
          raise 'the probe comes too late';
        end if;
        return new; end $$;
      create trigger note before insert on realtime.messages for each row execute function public.note();
      revoke insert on realtime.messages from authenticated`);
    await using node = startChangesNode(database);
    expect(await node.client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({ broadcast: true });
    expect(setIdentity(["1", "2", "3", "4", "5", "6"])).toBe(
      "select set_config('role', 1, true), set_config('realtime.topic', 2, true), set_config('request.jwt.claims', 3, true), " +
        "set_config('request.jwt.claim.sub', 4, true), set_config('request.jwt.claim.role', 5, true), set_config('request.headers', 6, true)",
    );
  });

  test("[7.2] [7.3] a write check that raises, or takes too long, says so; nobody's grants are guessed", async () => {
    await using database = await withPolicies(
      WRITE(
        "case realtime.topic() when 'bad' then 1 / (length(topic) - 3) = 1 when 'slow' then pg_sleep(6) is not null else true end",
      ),
      READ("case realtime.topic() when 'slow' then pg_sleep(6) is not null else true end"),
    );
    await using node = startChangesNode(database);
    const write = (topic: string) =>
      node.client.authorize(database.ref, ask({ action: "write", topic }), PATIENCE);
    await expect(write("bad")).rejects.toMatchObject({
      code: "Unauthorized",
      message: "You do not have permissions to write to this Channel topic: bad",
    });
    expect(await write("good")).toMatchObject({ broadcast: true, presence: true });
    const slow = { code: "QueryCanceled", stage: "authorize" };
    await expect(write("slow")).rejects.toMatchObject(slow);
    await expect(node.client.authorize(database.ref, ask({ topic: "slow" }), PATIENCE)).rejects.toMatchObject(
      slow,
    );
  });

  test("nothing that a check writes survives", async () => {
    await using database = await withPolicies(READ("true"), WRITE("true"));
    await using node = startChangesNode(database);
    await node.client.authorize(database.ref, ask(), PATIENCE);
    await node.client.authorize(database.ref, ask({ action: "write" }), PATIENCE);
    const { rows } = await database.query("select count(*)::int as count from realtime.messages");
    expect(rows).toEqual([{ count: 0 }]);
  });

  test("[7.3] an unknown role and a policy that raises are refusals with the topic", async () => {
    await using database = await withPolicies(
      READ("1 / (case when realtime.topic() = 'bad' then 0 else 1 end) = 1"),
    );
    await using node = startChangesNode(database);
    const { client } = node;
    const nobody = ask({ claims: { role: "nobody" } });
    await expect(client.authorize(database.ref, nobody, PATIENCE)).rejects.toMatchObject({
      code: "Unauthorized",
      message: "You do not have permissions to read from this Channel topic: room-1",
    });
    await expect(client.authorize(database.ref, ask({ topic: "bad" }), PATIENCE)).rejects.toMatchObject({
      code: "Unauthorized",
    });
    expect(await client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({ broadcast: true });
  });

  test("[7.3] a missing partition heals itself", async () => {
    await using database = await withPolicies(READ("true"));
    await using node = startChangesNode(database);
    await node.client.authorize(database.ref, ask(), PATIENCE);
    await using admin = await database.connectAsAdmin();
    await admin.query(`do $$ declare p regclass; begin
      for p in select inhrelid::regclass from pg_inherits where inhparent = 'realtime.messages'::regclass
      loop execute format('drop table %s', p); end loop; end $$`);
    const other = ask({ topic: "room-2" });
    expect(await node.client.authorize(database.ref, other, PATIENCE)).toMatchObject({ broadcast: true });
  });

  test("SQL in topic, claims and headers has no effect", async () => {
    await using database = await withPolicies(
      READ("realtime.topic() = $q$it's\\'; drop table realtime.messages; --$q$"),
    );
    await using node = startChangesNode(database);
    const evil = "it's\\'; drop table realtime.messages; --";
    const request = ask({
      topic: evil,
      claims: { role: "authenticated", x: evil },
      headers: { [evil]: evil },
    });
    expect(await node.client.authorize(database.ref, request, PATIENCE)).toMatchObject({
      broadcast: true,
      presence: true,
    });
    const role = ask({ claims: { role: "authenticated'; drop table realtime.messages; --" } });
    await expect(node.client.authorize(database.ref, role, PATIENCE)).rejects.toMatchObject({
      code: "Unauthorized",
    });
    expect((await database.query("select to_regclass('realtime.messages')::text as name")).rows[0].name).toBe(
      "realtime.messages",
    );
  });

  test("a dropped policy counts within seconds, and the nodes are told", async () => {
    await using database = await withPolicies(
      "create policy gone on realtime.messages for select using (true)",
    );
    await using node = startChangesNode(database);
    expect(await node.client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({ broadcast: true });
    const prints = new Set<string>();
    node.bus.subscribe(`tw.notice.${database.ref}`, ({ data }) => {
      const notice = JSON.parse(Buffer.from(data).toString());
      if (notice.kind === "authorization") prints.add(notice.print);
    });
    await eventually(() => prints.size === 1);
    await database.query("drop policy gone on realtime.messages");
    using watch = startStopwatch();
    await eventually(() => prints.size === 2);
    expect(watch.ms).toBeLessThan(5_000);
    expect(await node.client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({ broadcast: false });
  });
});

describe("the connection budget [P1]", () => {
  test("2,000 checks at once on a pool of two: never more than three connections, all answered", async () => {
    await using database = await withPolicies(READ("true"));
    await using node = startChangesNode(database);
    await using admin = await database.connectAsAdmin();
    let most = 0;
    let stop = false;
    const watching = (async () => {
      while (!stop) {
        const { rows } = await admin.query(
          "select count(*)::int as count from pg_stat_activity where application_name like 'tidewire_%' and datname = current_database()",
        );
        most = Math.max(most, rows[0].count);
      }
    })();
    const asked = Array.from({ length: 2_000 }, (_, index) =>
      node.client.authorize(database.ref, ask({ topic: `room-${index % 500}` }), PATIENCE),
    );
    const answers = await Promise.all(asked);
    stop = true;
    await watching;
    expect(answers.every(({ broadcast }) => broadcast === true)).toBe(true);
    expect(most).toBeLessThanOrEqual(3);
    const pool = node.homes.snapshot(database.ref)?.pool;
    expect(pool).toMatchObject({ size: 2, queued: 0, misses: 500 });
    expect((pool?.coalesced ?? 0) + (pool?.hits ?? 0)).toBe(1_500);
  });

  test("a check that cannot be made in time is refused with its stage, its time, and when to try again", async () => {
    await using database = await withPolicies(READ("pg_sleep(1) is not null"));
    await using node = startChangesNode(database, { limits: { databasePool: 1 } });
    await node.client.authorize(database.ref, ask({ action: "write" }), PATIENCE);
    const slow = node.client.authorize(
      database.ref,
      ask({ topic: "slow", extensions: ["broadcast"] }),
      PATIENCE,
    );
    const refusal = await node.client
      .authorize(database.ref, ask({ topic: "x" }), { deadlineMs: 500 })
      .catch((error) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: "IncreaseConnectionPool", stage: "pool" });
    expect(refusal.elapsedMs).toBeLessThan(1_000);
    expect(refusal.retryAfterMs).toBeGreaterThan(0);
    expect(await slow).toMatchObject({ broadcast: true });
  });

  test("askers who lose patience leave no session behind, and others get in afterwards", async () => {
    await using database = await withPolicies(
      READ("case when realtime.topic() like 'slow-%' then pg_sleep(2) is not null else true end"),
    );
    await using node = startChangesNode(database);
    await using admin = await database.connectAsAdmin();
    const countSessions = async () => {
      const { rows } = await admin.query(`
        select count(*)::int as count from pg_stat_activity where datname = current_database()
        and pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')`);
      return rows[0].count;
    };
    await node.client.authorize(database.ref, ask(), PATIENCE);
    let most = 0;
    for (let round = 0; round < 4; round++) {
      const impatient = Array.from({ length: 4 }, (_, index) =>
        node.client.authorize(database.ref, ask({ topic: `slow-${round}-${index}` }), { deadlineMs: 300 }),
      );
      for (const { status } of await Promise.allSettled(impatient)) expect(status).toBe("rejected");
      most = Math.max(most, await countSessions());
    }
    expect(most).toBeLessThanOrEqual(3);
    await eventually(() => node.client.authorize(database.ref, ask({ topic: "quick" }), PATIENCE), {
      withinMs: 30_000,
    });
  });

  test("a slow way to the database is no reason to ask one by one", async () => {
    await using database = await withPolicies(READ("true"));
    await using relay = await startTcpRelay({ port: Number(new URL(database.databaseUrl).port) });
    await using node = startChangesNode(database, { databaseUrl: relay.via(database.databaseUrl) });
    const asker = (sub: string) => ask({ claims: { role: "authenticated", sub } });
    await node.client.authorize(database.ref, asker("first"), PATIENCE);
    relay.delay(15);
    for (let number = 0; number < 10; number++) {
      await node.client.authorize(database.ref, asker(`alone-${number}`), PATIENCE);
    }
    let rounds = 0;
    relay.onSent((chunk) => {
      if (Buffer.from(chunk).includes("execute tidewire_visible")) rounds++;
    });
    const together = Array.from({ length: 300 }, (_, number) =>
      node.client.authorize(database.ref, asker(`together-${number}`), PATIENCE),
    );
    await Promise.all(together);
    expect(rounds).toBeLessThan(100);
  });

  test("one policy that raises fails its own question only, however many are asked together", async () => {
    await using database = await withPolicies(
      READ("1 / (case when realtime.topic() = 'bad' then 0 else 1 end) = 1 and realtime.topic() <> 'no'"),
    );
    await using node = startChangesNode(database);
    // In the middle, where it has mates: the first questions find a connection each.
    const topics = Array.from({ length: 60 }, (_, index) =>
      index === 30 ? "bad" : index === 31 ? "no" : `room-${index}`,
    );
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.allSettled(
        topics.map((topic) =>
          node.client.authorize(database.ref, ask({ topic, headers: { round: `${round}` } }), PATIENCE),
        ),
      );
      for (const [index, answer] of answers.entries()) {
        if (topics[index] === "bad")
          expect(answer).toMatchObject({ status: "rejected", reason: { code: "Unauthorized" } });
        else expect(answer).toMatchObject({ value: { broadcast: topics[index] !== "no" } });
      }
    }
  });

  test("with the database gone: cached answers serve, new questions are refused at once", async () => {
    await using own = await startTestPostgres();
    await using database = await createProjectDatabase(own);
    await database.query(READ("true"));
    await using node = startChangesNode(database);
    expect(await node.client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({ broadcast: true });
    await own.stop("immediate");
    await eventually(() => node.homes.snapshot(database.ref)?.state === "lost");
    expect(await node.client.authorize(database.ref, ask(), PATIENCE)).toMatchObject({ broadcast: true });
    using watch = startStopwatch();
    const refusal = await node.client
      .authorize(database.ref, ask({ topic: "new" }), PATIENCE)
      .catch((error) => error);
    expect(refusal).toMatchObject({ code: "UnableToConnectToProject" });
    expect(watch.ms).toBeLessThan(1_000);
    await own.start();
    await eventually(
      () => node.client.authorize(database.ref, ask({ topic: "new" }), PATIENCE).then(() => true),
      { withinMs: 15_000 },
    );
  });

  test("a database that was never there is refused with its reason, quickly", async () => {
    await using database = await withPolicies();
    const databaseUrl = "postgresql://nobody:wrong@127.0.0.1:1/nowhere";
    await using node = startChangesNode(database, { databaseUrl });
    using watch = startStopwatch();
    await expect(node.client.authorize(database.ref, ask(), PATIENCE)).rejects.toMatchObject({
      code: "UnableToConnectToProject",
    });
    expect(watch.ms).toBeLessThan(2_000);
    expect(node.homes.snapshot(database.ref)).toMatchObject({
      state: "lost",
      stateReason: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("messages from the database [4.5, 4.6]", () => {
  test("[4.6] realtime.send reaches its room, in the order of the commit, with its id", async () => {
    await using database = await withPolicies();
    await using node = startChangesNode(database);
    const listener = node.listen([{ schema: "public" }]);
    await listener.subscribed.catch(() => undefined);
    await database.query(`
      select realtime.send('{"text":"one"}', 'chat', 'room-1', true);
      select realtime.send('{"text":"two"}', 'chat', 'room-1', false);
      select realtime.send_binary('\\x0102', 'blob', 'room-2');`);
    await eventually(() => node.broadcasts.length === 3);
    const [one, two, three] = node.broadcasts;
    expect(one).toMatchObject({
      room: { ref: database.ref, topic: "room-1", private: true },
      broadcast: { form: "user", event: "chat", encoding: "json", meta: { id: expect.any(String) } },
    });
    const payload = JSON.parse(payloadOf(one?.broadcast));
    expect(payload).toEqual({ text: "one", id: one?.broadcast.form === "user" && one.broadcast.meta?.id });
    expect(two?.room.private).toBe(false);
    expect(three).toMatchObject({
      room: { topic: "room-2" },
      broadcast: { encoding: "binary", payload: Buffer.from([1, 2]) },
    });
  });

  test("[4.5] replay: private broadcasts since a time, the newest 25 at most, oldest first", async () => {
    await using database = await withPolicies();
    await using node = startChangesNode(database);
    await database.query(`do $$ begin for n in 1..30 loop
      insert into realtime.messages (topic, extension, event, payload, private, inserted_at)
      values ('room-1', 'broadcast', 'chat', jsonb_build_object('n', n), true, (now() at time zone 'utc') - make_interval(secs => 31 - n));
      end loop; end $$;`);
    await database.query(
      "select realtime.send('{}', 'chat', 'room-1', false), realtime.send('{}', 'chat', 'room-2', true)",
    );
    const numbers = async (since: number, limit?: number) => {
      const rows = await node.client.replay(database.ref, { topic: "room-1", since, limit }, PATIENCE);
      return rows.map(({ payload }) => JSON.parse(payload).n);
    };
    const range = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index);
    expect(await numbers(0)).toEqual(range(6, 30));
    expect(await numbers(-1e300, 3)).toEqual([28, 29, 30]);
    expect(await numbers(0, -5)).toEqual([30]);
    const { rows } = await database.query(
      "select extract(epoch from inserted_at at time zone 'utc')::float8 * 1000 as ms from realtime.messages where payload ->> 'n' = '20'",
    );
    expect(await numbers(rows[0].ms + 500)).toEqual(range(21, 30));
  });
});
