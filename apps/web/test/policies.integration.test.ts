import { dryRunPolicies } from "@tidewire/db/policy-dry-run";
import { readPolicyTables, type TablePolicy } from "@tidewire/db/policy-tables";
import { openClient } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describePolicy } from "../src/lib/policies/describe-policy.ts";
import {
  FIRST_VALUES,
  MESSAGE_TEMPLATES,
  TABLE_TEMPLATES,
  type TemplateValues,
} from "../src/lib/policies/templates.ts";
import type { PolicyShape } from "../src/lib/schemas/database.ts";
import type { SimulationView } from "../src/server/views/policies.ts";
import { ADMIN, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { type Caller, signInAs } from "./sign-in.ts";

const ref = "demo0000000000000000";
const MESSAGES = { schema: "realtime", table: "messages" };
const ADA = "a0000000-0000-4000-8000-00000000000a";
const BOB = "b0000000-0000-4000-8000-00000000000b";

let plane: TestControlPlane;
let caller: Caller;
let databaseUrl: string;
beforeAll(async () => {
  plane = await startControlPlane();
  caller = await signInAs(plane.resources, ADMIN.email);
  databaseUrl = (await caller.keys.reveal({ ref })).databaseUrl;
});
afterAll(() => plane[Symbol.asyncDispose]());

beforeEach(async () => {
  for (const { schema, table, policies } of (await caller.policies.list({ ref })).tables) {
    for (const { name } of policies) await apply({ kind: "drop-policy", schema, table, name });
  }
});

type Change = Parameters<Caller["database"]["change"]>[0]["change"];
const apply = (change: Change) => caller.database.change({ ref, change });

async function sql(text: string, values?: unknown[]) {
  await using client = await openClient(databaseUrl);
  return (await client.query(text, values)).rows;
}

async function create(policy: Partial<PolicyShape> & { name: string }, place = MESSAGES) {
  const whole: PolicyShape = {
    command: "select",
    permissive: true,
    roles: ["authenticated"],
    using: null,
    check: null,
    ...policy,
  };
  await apply({ kind: "create-policy", ...place, ...whole });
}

async function createFrom(id: string, values: Partial<TemplateValues> = {}, place = MESSAGES) {
  const template = [...MESSAGE_TEMPLATES, ...TABLE_TEMPLATES].find((one) => one.id === id);
  if (!template) throw new Error(`there is no template ${id}`);
  const filled = { ...FIRST_VALUES, ...values };
  await create({ name: template.name(filled), ...template.build(filled) }, place);
}

const simulate = (topic: string, claims: object) =>
  caller.policies.simulate({ ref, topic, claims: { ...claims } });
const signedIn = (sub: string, more: object = {}) => ({ role: "authenticated", sub, ...more });

function decided({ decisions }: SimulationView) {
  return decisions.filter(({ allowed }) => allowed).map(({ action, extension }) => `${action} ${extension}`);
}

function because({ decisions }: SimulationView, action: "read" | "write" = "read") {
  return decisions.find((one) => one.action === action)?.because;
}

describe("the list", () => {
  test("realtime.messages comes first, then the published tables, with what Postgres made of each policy", async () => {
    await sql(`create table if not exists public.orders (id bigint primary key, user_id uuid, team text);
      create table if not exists public.hidden (id bigint primary key)`);
    await apply({
      kind: "publish",
      schema: "public",
      table: "orders",
      again: false,
      columns: null,
      filter: null,
    });
    await createFrom("own-topic");
    await createFrom(
      "own-rows",
      { column: { name: "user_id", type: "uuid" } },
      { schema: "public", table: "orders" },
    );

    const { tables, isCut } = await caller.policies.list({ ref });
    expect(isCut).toBe(false);
    expect(tables.map(({ schema, table, rowSecurity }) => [schema, table, rowSecurity])).toEqual([
      ["realtime", "messages", true],
      ["public", "orders", false],
    ]);
    expect(tables.every(({ owned }) => owned)).toBe(true);
    expect(tables[1]?.columns).toContainEqual({ name: "user_id", type: "uuid" });
    const words = tables.flatMap(({ policies, ...place }) =>
      policies.map((policy) => describePolicy(policy, place)),
    );
    expect(words).toEqual([
      "Signed-in users may read broadcast and presence on the topic `room:<their id>`.",
      "Signed-in users may see rows whose `user_id` is their id.",
    ]);

    await apply({ kind: "row-security", schema: "public", table: "orders", enabled: true });
    expect((await caller.policies.list({ ref })).tables[1]?.rowSecurity).toBe(true);
  });

  test.each(MESSAGE_TEMPLATES.map(({ id }) => id))(
    "the template %s is valid SQL, for reading and writing",
    async (id) => {
      await sql("create table if not exists public.room_members (topic text, user_id uuid)");
      for (const action of ["read", "write"] as const) {
        await createFrom(id, {
          action,
          extensions: action === "read" ? ["broadcast"] : FIRST_VALUES.extensions,
        });
      }
      const [messages] = (await caller.policies.list({ ref })).tables;
      expect(messages?.policies.map(({ command }) => command).sort()).toEqual(["insert", "select"]);
    },
  );

  test.each(TABLE_TEMPLATES.map(({ id }) => id))(
    "the template %s is valid SQL on every type of column",
    async (id) => {
      await sql("create table if not exists public.orders (id bigint primary key, user_id uuid, team text)");
      const place = { schema: "public", table: "orders" };
      for (const [name, type] of [
        ["user_id", "uuid"],
        ["team", "text"],
        ["id", "bigint"],
      ] as const) {
        await createFrom(id, { column: { name, type } }, place);
        for (const { name: policy } of (await caller.policies.list({ ref })).tables[1]?.policies ?? []) {
          await apply({ kind: "drop-policy", ...place, name: policy });
        }
      }
    },
  );

  test("an edit keeps the policy; its new text is what Postgres has understood", async () => {
    await create({ name: "listen", using: "true" });
    const [before] = (await caller.policies.list({ ref })).tables[0]?.policies ?? [];
    if (!before) throw new Error("the policy is not listed");
    await apply({
      kind: "edit-policy",
      ...MESSAGES,
      before,
      after: { ...before, name: "hear", roles: [], using: "extension='broadcast'" },
    });
    expect((await caller.policies.list({ ref })).tables[0]?.policies).toEqual([
      { ...before, name: "hear", roles: ["public"], using: "extension = 'broadcast'::text" },
    ]);
  });
});

describe("the simulator", () => {
  test("names the policy that lets a user read his own topic, and says no to another", async () => {
    await createFrom("own-topic");
    const own = await simulate(`room:${ADA}`, signedIn(ADA));
    expect(decided(own)).toEqual(["read broadcast", "read presence"]);
    expect(own).toMatchObject({ refusal: null, role: { name: "authenticated", exists: true } });
    expect(own.decisions[0]).toMatchObject({ deciding: ["users read room:<their id>"] });

    const other = await simulate(`room:${ADA}`, signedIn(BOB));
    expect(decided(other)).toEqual([]);
    expect(other.refusal).toBe(
      `Unauthorized: You do not have permissions to read from this Channel topic: room:${ADA}`,
    );
    expect(because(other)).toBe("`users read room:<their id>` says no.");
    expect(because(other, "write")).toBe("No policy lets the role `authenticated` write.");
  });

  test("read and write, broadcast and presence are four questions", async () => {
    await createFrom("signed-in", { action: "write", extensions: ["presence"] });
    await createFrom("everybody", { extensions: ["broadcast"] });
    expect(decided(await simulate("room:1", signedIn(ADA)))).toEqual(["read broadcast", "write presence"]);
    expect(decided(await simulate("room:1", { role: "anon" }))).toEqual(["read broadcast"]);
    expect(decided(await simulate("hall:1", signedIn(ADA)))).toEqual([]);
  });

  test("a restrictive policy is named when it forbids what others allow", async () => {
    await create({ name: "all", using: "true" });
    await create({ name: "verified only", permissive: false, using: "(auth.jwt() ->> 'verified')::boolean" });
    const refused = await simulate("t", signedIn(ADA));
    expect(decided(refused)).toEqual([]);
    expect(refused.decisions[0]).toMatchObject({
      because: "`verified only` forbids it.",
      deciding: ["verified only"],
    });
    expect(decided(await simulate("t", signedIn(ADA, { verified: true })))).toEqual([
      "read broadcast",
      "read presence",
    ]);
  });

  test("[A19] a policy that raises refuses everything, and is named with what it said", async () => {
    await create({ name: "broken", using: "1 / (case when extension = 'presence' then 0 else 1 end) = 1" });
    const view = await simulate("t", signedIn(ADA));
    expect(decided(view)).toEqual([]);
    expect(view.decisions.find(({ extension }) => extension === "presence")).toMatchObject({
      because: "`broken` raised an error: division by zero.",
      deciding: ["broken"],
    });
  });

  test("policies that read other tables do so with the asker's rights, as Postgres does", async () => {
    await sql(`create table if not exists public.room_members (topic text, user_id uuid);
      alter table public.room_members enable row level security;
      truncate public.room_members`);
    await sql("insert into public.room_members values ('room:9', $1), ('room:9', $2)", [ADA, BOB]);
    await createFrom("members");
    expect(decided(await simulate("room:9", signedIn(ADA)))).toEqual([]);
    await sql(`create policy own on public.room_members for select to authenticated
      using (user_id = '${ADA}')`);
    expect(decided(await simulate("room:9", signedIn(ADA)))).toEqual(["read broadcast", "read presence"]);
    expect(decided(await simulate("room:9", signedIn(BOB)))).toEqual([]);
  });

  test("what decides without any policy is said: an unknown role, a role that passes all, row security off", async () => {
    await create({ name: "for servers", roles: ["service_role"], using: "true" });
    expect(because(await simulate("t", { role: "nobody" }))).toBe("The database knows no role `nobody`.");
    expect(because(await simulate("t", { role: "service_role" }))).toBe(
      "The role `service_role` passes all policies.",
    );
    const view = await simulate("t", signedIn(ADA));
    expect(because(view)).toBe("No policy lets the role `authenticated` read.");
    expect(view.votes.every(({ applies, vote }) => !applies && vote === null)).toBe(true);

    await apply({ kind: "row-security", ...MESSAGES, enabled: false });
    expect(because(await simulate("t", signedIn(ADA)))).toContain("Row security is off");
    await apply({ kind: "row-security", ...MESSAGES, enabled: true });
  });

  test("a policy without an expression grants nothing", async () => {
    await create({ name: "empty" });
    const view = await simulate("t", signedIn(ADA));
    expect(decided(view)).toEqual([]);
    expect(because(view)).toBe("`empty` says no.");
    expect(view.votes.map(({ vote }) => vote)).toEqual(["no", "no"]);
    // Beside others it forbids nothing if it is restrictive, and grants nothing if it is not.
    await create({ name: "all", using: "true" });
    await create({ name: "empty too", permissive: false });
    expect(decided(await simulate("t", signedIn(ADA)))).toEqual(["read broadcast", "read presence"]);
  });

  test("nothing that it writes stays, claims are not written down, and a missing partition heals", async () => {
    await create({ name: "all", command: "all", using: "true" });
    await sql(`drop table if exists ${(await partitions()).join(", ")}`);
    const view = await simulate("t", signedIn(ADA, { secret: "s3cr3t-claim" }));
    expect(decided(view)).toHaveLength(4);
    expect(await sql("select count(*)::int as count from realtime.messages")).toEqual([{ count: 0 }]);
    const events = await plane.resources.db.auditEvent.findMany();
    expect(
      JSON.stringify(events, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    ).not.toContain("s3cr3t-claim");
  });
});

async function partitions(): Promise<string[]> {
  const rows = await sql(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'realtime.messages'::regclass",
  );
  return rows.map(({ name }) => name);
}

describe("the dry run", () => {
  const subjects = [
    { role: "authenticated", sub: ADA, topic: `room:${ADA}` },
    { role: "authenticated", sub: BOB, topic: `room:${ADA}` },
    { role: "anon", sub: null, topic: "news:1" },
  ];

  async function run(change: (policies: TablePolicy[]) => TablePolicy[], deadlineMs = 5_000) {
    await using client = await openClient(databaseUrl);
    const before = (await readPolicyTables(client))[0]?.policies ?? [];
    return await dryRunPolicies(client, { before, after: change(before) }, subjects, { deadlineMs });
  }
  const read: TablePolicy = {
    name: "read",
    command: "select",
    permissive: true,
    roles: ["authenticated"],
    using: "realtime.topic() = 'room:' || auth.uid()::text",
    check: null,
  };

  test("says who would gain and who would lose, as the policies really do once they are made", async () => {
    expect(await run((before) => [...before, read])).toEqual({
      asked: 3,
      effects: [{ ...subjects[0], gains: ["read broadcast", "read presence"], losses: [] }],
    });
    await create(read);
    expect(decided(await simulate(`room:${ADA}`, signedIn(ADA)))).toEqual([
      "read broadcast",
      "read presence",
    ]);
    expect(decided(await simulate(`room:${ADA}`, signedIn(BOB)))).toEqual([]);
    expect((await run(() => [])).effects).toEqual([
      { ...subjects[0], gains: [], losses: ["read broadcast", "read presence"] },
    ]);
    const narrow = { ...read, permissive: false, using: "extension = 'presence'" };
    expect((await run((before) => [...before, narrow])).effects).toEqual([
      { ...subjects[0], gains: [], losses: ["read broadcast"] },
    ]);
    expect((await run((before) => before)).effects).toEqual([]);
  });

  test("changes nothing, locks nothing, and stops at its deadline", async () => {
    await using reader = await openClient(databaseUrl);
    await reader.query("begin; select count(*) from realtime.messages");
    expect((await run((before) => [...before, { ...read, roles: [], using: "true" }])).effects).toHaveLength(
      3,
    );
    await reader.query("rollback");
    expect((await caller.policies.list({ ref })).tables[0]?.policies).toEqual([]);
    expect((await run((before) => before, 0)).asked).toBeLessThan(3);
  });

  test("a draft that raises is a no; one that Postgres cannot read brings nothing else along", async () => {
    expect((await run((before) => [...before, { ...read, using: "no_such_column" }])).effects).toEqual([]);
    const smuggled = "true)::boolean; drop table realtime.messages; select (true";
    expect((await run((before) => [...before, { ...read, using: smuggled }])).effects).toEqual([]);
    expect(await sql("select to_regclass('realtime.messages')::text as there")).toEqual([
      { there: "realtime.messages" },
    ]);
  });

  test("without nodes nobody was seen; it is asked about realtime.messages only", async () => {
    const change = { kind: "create-policy", ...MESSAGES, ...read } as const;
    expect(await caller.policies.dryRun({ ref, change })).toEqual({
      asked: 0,
      unasked: 0,
      silent: [],
      effects: [],
    });
    const elsewhere = { ...change, schema: "public", table: "orders" };
    await expect(caller.policies.dryRun({ ref, change: elsewhere })).rejects.toThrow("realtime.messages");
  });
});

describe("who may change them", () => {
  test("every change is written down with its SQL and who did it", async () => {
    await create({ name: "noted", using: "true" });
    const event = await plane.resources.db.auditEvent.findFirstOrThrow({
      where: { action: "database.create-policy" },
      orderBy: { id: "desc" },
    });
    expect(event).toMatchObject({ actor: ADMIN.email, projectRef: ref, target: "realtime.messages" });
    expect(JSON.stringify(event.after)).toContain("create policy noted on realtime.messages");
  });

  test("SQL that Postgres refuses is told in its words and leaves nothing", async () => {
    await expect(create({ name: "bad", using: "no_such_column = 1" })).rejects.toThrow(/no_such_column/);
    await expect(create({ name: "two", using: "true); drop table realtime.messages; --" })).rejects.toThrow(
      /cannot insert multiple commands/,
    );
    expect((await caller.policies.list({ ref })).tables[0]?.policies).toEqual([]);
  });

  test("a viewer looks and simulates, and does not touch", async () => {
    const setRole = (role: "viewer" | "developer" | "owner") =>
      plane.resources.db.membership.updateMany({ where: { user: { email: ADMIN.email } }, data: { role } });
    await setRole("viewer");
    await expect(caller.policies.list({ ref })).resolves.toMatchObject({ isCut: false });
    await expect(simulate("t", { role: "anon" })).resolves.toMatchObject({ topic: "t" });
    const draft = { name: "mine", command: "select", permissive: true, using: "true", check: null } as const;
    const change = { kind: "create-policy", ...MESSAGES, ...draft, roles: [] } as const;
    await expect(caller.policies.dryRun({ ref, change: { ...change, roles: [] } })).rejects.toThrow("role");
    await expect(create({ name: "mine", using: "true" })).rejects.toThrow("role");
    await setRole("developer");
    await create({ name: "mine", using: "true" });
    await setRole("owner");
  });

  test("a project whose database is away is told so, in a sentence", async () => {
    const { ref: nowhere } = await caller.projects.create({
      name: "Nowhere",
      region: "local-1",
      database: { kind: "own", url: "postgresql://somebody:pw@127.0.0.1:1/nothing" },
    });
    await plane.resources.provisioning.settled();
    await expect(caller.policies.list({ ref: nowhere })).rejects.toThrow(
      /does not answer: .*connection refused/,
    );
  });
});
