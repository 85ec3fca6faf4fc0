import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";
import { type SeededRandom, seededRandom } from "@tidewire/testkit/seeded-random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChangesNode } from "./changes-node.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Every way in which a policy may look at its user: by role, by a claim, by another table, by a function. */
const POLICIES = [
  "owner = auth.uid()",
  "owner = (select auth.uid())",
  "team = auth.jwt() ->> 'team'",
  "open",
  "team in (select m.team from members m where m.uid = auth.uid())",
  "exists (select from clubs c where c.level = rows.level)",
  "may_see(rows.*)",
  "auth.role() = 'authenticated' and level < coalesce((auth.jwt() -> 'app' ->> 'level')::int, 0)",
  "current_setting('request.jwt.claims', true)::json ->> 'email' like '%@example.com' and level = 3",
];
const TEAMS = ["red", "blue", "green"];
const USERS = 50;
const ROWS = 80;

type Claims = Record<string, unknown>;

function randomUser(random: SeededRandom): Claims {
  const claims: Claims = {
    role: random.pick(["authenticated", "anon", "service_role"]),
    sub: randomUUID(),
    exp: random.below(1e6),
  };
  if (random.chance(0.6)) claims.team = random.pick(TEAMS);
  if (random.chance(0.4)) claims.app = { level: random.below(5) };
  if (random.chance(0.3)) claims.email = random.pick(["a@example.com", "b@other.org"]);
  return claims;
}

async function prepare(
  random: SeededRandom,
  users: readonly Claims[],
  policy: string,
): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(server);
  await database.query(`
    create table rows (id int, part text, owner uuid, team text, open bool, level int, primary key (id, part));
    create table members (uid uuid, team text);
    create table clubs (level int, team text);
    insert into clubs values (1, 'red'), (2, 'blue'), (3, 'blue'), (4, 'green');
    alter table clubs enable row level security;
    create policy own on clubs for select using (team = auth.jwt() ->> 'team');
    create function may_see(r rows) returns bool language sql stable as
      $$ select r.level = 4 and r.team = (current_setting('request.jwt.claims', true)::jsonb ->> 'team') $$;
    alter table rows enable row level security;
    grant select on rows, members, clubs to anon, authenticated, service_role;
    alter publication supabase_realtime add table rows`);
  const chosen = [policy, ...random.shuffle(POLICIES).slice(0, random.below(3))];
  for (const [index, using] of chosen.entries()) {
    const role = index === 0 ? "public" : random.pick(["authenticated", "anon", "anon, authenticated"]);
    await database.query(`create policy p${index} on rows for select to ${role} using (${using})`);
  }
  if (random.chance(0.3))
    await database.query("create policy narrow on rows as restrictive for select using (level <> 1)");
  for (const { sub } of users) {
    if (random.chance(0.5))
      await database.query("insert into members values ($1, $2)", [sub, random.pick(TEAMS)]);
  }
  return database;
}

/** What each user would be shown by a query of their own: the truth, one user at a time. */
async function visibleTo(database: ProjectDatabase, claims: Claims): Promise<number[]> {
  await using client = await database.connect();
  await client.query("begin");
  await client.query("select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)", [
    claims.role,
    JSON.stringify(claims),
  ]);
  const { rows } = await client.query("select id from rows order by id");
  return rows.map(({ id }) => id);
}

test.each(POLICIES)("[P2] fifty users are delivered exactly what each may see: %s", async (policy) => {
  const random = seededRandom(POLICIES.indexOf(policy) + 1);
  const users = Array.from({ length: USERS }, () => randomUser(random));
  await using database = await prepare(random, users, policy);
  await using node = startChangesNode(database);
  const listeners = users.map((claims) => node.listen([{ table: "rows", event: "INSERT" }], claims));
  await Promise.all(listeners.map(({ subscribed }) => subscribed));
  await using writer = await database.connect();
  for (let id = 1; id <= ROWS; id++) {
    const owner = random.pick(users).sub;
    const values = [
      id,
      random.pick(['a"b', "c,d", "{e}"]),
      owner,
      random.pick(TEAMS),
      random.chance(0.2),
      random.below(5),
    ];
    await writer.query("insert into rows values ($1, $2, $3, $4, $5, $6)", values);
  }
  const expected = await Promise.all(users.map((claims) => visibleTo(database, claims)));
  const total = expected.reduce((sum, ids) => sum + ids.length, 0);
  await eventually(() => listeners.reduce((sum, { changes }) => sum + changes.length, 0) >= total, {
    withinMs: 20_000,
  });
  for (const [index, listener] of listeners.entries()) {
    expect(listener.column("id"), JSON.stringify(users[index])).toEqual(expected[index]);
  }
  const classes = node.homes.snapshot(database.ref)?.tables[0]?.classes ?? 0;
  expect(classes).toBeLessThanOrEqual(USERS);
});
