import { expect, test } from "vitest";
import { NEW_DRAFT, parseDraft, toDraft } from "./draft.ts";

const draft = { ...NEW_DRAFT, name: " read ", using: "a = 1", check: "b = 2" };

test("each command takes the expressions that Postgres takes", () => {
  const of = (command: typeof draft.command) => {
    const parsed = parseDraft({ ...draft, command });
    return "shape" in parsed ? [parsed.shape.using, parsed.shape.check] : [];
  };
  expect(of("select")).toEqual(["a = 1", null]);
  expect(of("delete")).toEqual(["a = 1", null]);
  expect(of("insert")).toEqual([null, "b = 2"]);
  expect(of("update")).toEqual(["a = 1", "b = 2"]);
  expect(of("all")).toEqual(["a = 1", "b = 2"]);
});

test("an open WITH CHECK is left out where USING stands in for it, and asked for where nothing does", () => {
  expect(parseDraft({ ...draft, command: "all", check: " " })).toMatchObject({ shape: { check: null } });
  expect(parseDraft({ ...draft, command: "insert", check: "" })).toMatchObject({
    faults: { check: "write an expression" },
  });
  expect(parseDraft({ ...draft, using: "" })).toMatchObject({ faults: { using: "write an expression" } });
});

test("roles are a list; what is read back is what was written", () => {
  const parsed = parseDraft({ ...draft, roles: "anon, authenticated,," });
  expect(parsed).toMatchObject({ shape: { name: "read", roles: ["anon", "authenticated"] } });
  if ("shape" in parsed) expect(parseDraft(toDraft(parsed.shape))).toEqual(parsed);
});

test("a policy needs a name", () => {
  expect(parseDraft({ ...draft, name: " " })).toEqual({ faults: { name: "give it a name" } });
});
