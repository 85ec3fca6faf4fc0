import { expect, test } from "vitest";
import { toSqlText, toStatements } from "./database-change.ts";
import { DatabaseChange } from "./schemas/database.ts";
import { quoteName } from "./sql.ts";

const messages = { schema: "public", table: "messages" } as const;

test("a table is published whole, or with some columns and a filter", () => {
  const publish = { ...messages, kind: "publish", again: false } as const;
  expect(toStatements({ ...publish, columns: null, filter: null })).toEqual([
    "alter publication supabase_realtime add table public.messages",
  ]);
  expect(toStatements({ ...publish, columns: ["id", "Body"], filter: "id > 10" })).toEqual([
    'alter publication supabase_realtime add table public.messages (id, "Body") where (id > 10)',
  ]);
});

test("changing what a published table publishes is one transaction", () => {
  const change = { ...messages, kind: "publish", again: true, columns: ["id"], filter: null } as const;
  expect(toSqlText({ ...change, columns: ["id"] })).toBe(
    "begin;\nalter publication supabase_realtime drop table public.messages;\n" +
      "alter publication supabase_realtime add table public.messages (id);\ncommit;",
  );
});

test("a policy says command, roles and expressions; without roles it is everybody's", () => {
  const policy = {
    ...messages,
    kind: "create-policy",
    name: 'own "rows"',
    command: "insert",
    permissive: false,
    using: null,
    check: "auth.uid() = author",
  } as const;
  expect(toStatements({ ...policy, roles: [] })).toEqual([
    'create policy "own ""rows""" on public.messages\n  as restrictive\n  for insert\n  to public\n  with check (auth.uid() = author)',
  ]);
  expect(toStatements({ ...policy, roles: ["authenticated", "user"] })[0]).toContain(
    'to authenticated, "user"',
  );
});

test("names that SQL would read otherwise are quoted", () => {
  expect(["messages", "Messages", "user", "a b", 'x"; drop table y; --'].map(quoteName)).toEqual([
    "messages",
    '"Messages"',
    '"user"',
    '"a b"',
    '"x""; drop table y; --"',
  ]);
});

test("names that Postgres would cut are refused", () => {
  const change = { kind: "unpublish", schema: "public", table: "é".repeat(32) };
  expect(DatabaseChange.safeParse(change).success).toBe(false);
});

test("an edit alters what can be altered, and makes the policy anew where it cannot", () => {
  const before = {
    name: "read",
    command: "select",
    roles: ["authenticated"],
    permissive: true,
    using: "true",
    check: null,
  } as const;
  const edit = (after: object) =>
    toStatements({
      ...messages,
      kind: "edit-policy",
      before: { ...before, roles: [...before.roles] },
      after: { ...before, roles: [...before.roles], ...after },
    });
  expect(edit({ using: "id = 1", roles: [] })).toEqual([
    "alter policy read on public.messages\n  to public\n  using (id = 1)",
  ]);
  expect(edit({ name: "Read" })).toEqual(['alter policy read on public.messages rename to "Read"']);
  expect(edit({})).toEqual([]);
  expect(edit({ command: "all" })).toEqual([
    "drop policy read on public.messages",
    "create policy read on public.messages\n  for all\n  to authenticated\n  using (true)",
  ]);
  expect(edit({ using: null, check: "true" })[0]).toBe("drop policy read on public.messages");
});
