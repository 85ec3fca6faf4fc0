import { expect, test } from "vitest";
import type { PolicyShape } from "../schemas/database.ts";
import { describePolicy } from "./describe-policy.ts";

const MESSAGES = { schema: "realtime", table: "messages" };
const ROWS = { schema: "public", table: "orders" };
const READ: PolicyShape = {
  name: "p",
  command: "select",
  roles: ["authenticated"],
  permissive: true,
  using: "true",
  check: null,
};

// Left: as Postgres 18 writes it back.
test.each([
  ["true", "Signed-in users may read broadcast and presence on every topic."],
  [
    "((realtime.topic() = ('room:'::text || (auth.uid())::text)) AND (extension = 'broadcast'::text))",
    "Signed-in users may read broadcast on the topic `room:<their id>`.",
  ],
  [
    "((extension = ANY (ARRAY['broadcast'::text, 'presence'::text])) AND (realtime.topic() ~~ 'room:%'::text))",
    "Signed-in users may read broadcast and presence on topics that begin with `room:`.",
  ],
  [
    "starts_with(realtime.topic(), 'it''s:'::text)",
    "Signed-in users may read broadcast and presence on topics that begin with `it's:`.",
  ],
  [
    "(( SELECT realtime.topic() AS topic) = ('team:'::text || (( SELECT auth.jwt() AS jwt) ->> 'team'::text)))",
    "Signed-in users may read broadcast and presence on the topic `team:<their team>`.",
  ],
  [
    "((realtime.topic() = ANY (ARRAY['a'::text, 'b'::text])) AND (private = false))",
    "Signed-in users may read broadcast and presence on the topics `a` and `b`, if `private = false`.",
  ],
  [
    "realtime.topic() = ('room:'::text || auth.uid()::text) AND extension = 'broadcast'::text",
    "Signed-in users may read broadcast on the topic `room:<their id>`.",
  ],
  [
    "realtime.topic() = 'a'::text AND extension = 'broadcast'::text OR private",
    "Signed-in users may read broadcast and presence on every topic, if `realtime.topic() = 'a' AND extension = 'broadcast' OR private`.",
  ],
  [
    "((realtime.topic() = 'a'::text) OR (realtime.topic() = 'b'::text))",
    "Signed-in users may read broadcast and presence on every topic, if `(realtime.topic() = 'a') OR (realtime.topic() = 'b')`.",
  ],
])("on messages: %s", (using, words) => {
  expect(describePolicy({ ...READ, using }, MESSAGES)).toBe(words);
});

test.each([
  ["true", "Signed-in users may see every row."],
  ["(( SELECT auth.uid() AS uid) = user_id)", "Signed-in users may see rows whose `user_id` is their id."],
  [
    "(((auth.jwt() ->> 'team'::text))::bigint = team_id)",
    "Signed-in users may see rows whose `team_id` is the `team` of their token.",
  ],
  [
    "(EXISTS ( SELECT 1 FROM public.members m WHERE (m.user_id = auth.uid())))",
    "Signed-in users may see rows where `EXISTS ( SELECT 1 FROM public.members m WHERE (m.user_id = auth.uid()))`.",
  ],
])("on a table: %s", (using, words) => {
  expect(describePolicy({ ...READ, using }, ROWS)).toBe(words);
});

test("who, which command, and restrictive policies are said", () => {
  expect(describePolicy({ ...READ, roles: ["anon", "authenticated"] }, ROWS)).toBe(
    "Everybody may see every row.",
  );
  expect(describePolicy({ ...READ, roles: ["clerk", "boss"] }, ROWS)).toBe(
    "The roles `clerk` and `boss` may see every row.",
  );
  expect(
    describePolicy(
      { ...READ, command: "insert", using: null, check: "(extension = 'presence'::text)" },
      MESSAGES,
    ),
  ).toBe("Signed-in users may write presence to every topic.");
  expect(describePolicy({ ...READ, permissive: false, using: "(id = 1)" }, ROWS)).toBe(
    "Whatever other policies allow, signed-in users may see only rows where `id = 1`.",
  );
  const restrictive = { ...READ, permissive: false };
  expect(describePolicy({ ...restrictive, using: "((auth.jwt() ->> 'ok'::text))::boolean" }, MESSAGES)).toBe(
    "Whatever other policies allow, signed-in users may read broadcast and presence on every topic only if `auth.jwt() ->> 'ok'`.",
  );
  expect(
    describePolicy({ ...restrictive, using: "realtime.topic() = 'a'::text AND private" }, MESSAGES),
  ).toBe(
    "Whatever other policies allow, signed-in users may read only broadcast and presence on the topic `a`, and only if `private`.",
  );
  expect(describePolicy({ ...READ, command: "update", check: "(id > 0)" }, ROWS)).toBe(
    "Signed-in users may change every row, and may leave behind only what fulfils `id > 0`.",
  );
});

test("a policy without an expression grants nothing, and does not read as if it did", () => {
  expect(describePolicy({ ...READ, using: null }, MESSAGES)).toContain("if `false`");
  expect(describePolicy({ ...READ, using: null }, ROWS)).toContain("where `false`");
});
