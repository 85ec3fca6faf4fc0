import type { FilterTree } from "@tidewire/protocol/supabase/filter";
import { parseFilter } from "@tidewire/protocol/supabase/filter";
import { describe, expect, test } from "vitest";
import type { TableColumn } from "./catalog.ts";
import { type CheckedTree, compileFilter } from "./compiled-filter.ts";
import { MatchIndex } from "./match.ts";

const column = (name: string, baseType: string): TableColumn => ({
  name,
  attnum: 1,
  typeOid: 0,
  baseType,
  category: "S",
  isEnum: false,
  sqlType: `pg_catalog.${baseType}`,
  isDeterministic: true,
  isCodePointOrder: true,
  collation: null,
});
const COLUMNS = new Map([
  ["id", column("id", "int4")],
  ["name", column("name", "text")],
  ["done", column("done", "bool")],
  ["tags", column("tags", "jsonb")],
]);

function checked(tree: FilterTree): CheckedTree {
  if (tree.kind !== "test") return { kind: tree.kind, of: tree.of.map(checked) };
  const on = COLUMNS.get(tree.column);
  if (on === undefined) throw new Error(`no column ${tree.column}`);
  return { ...tree, on, canonical: tree.value };
}

const compile = (text: string) => compileFilter(checked(parseFilter(text)));
const holds = (text: string, row: Record<string, string | null>, answer = false) =>
  compile(text).holds(
    (name) => row[name],
    () => answer,
  );

describe("filters in memory [6.2]", () => {
  test.each([
    ["id=eq.1", { id: "1" }, true],
    ["id=eq.1", { id: "2" }, false],
    ["id=not.eq.1", { id: "2" }, true],
    ["id=neq.1", { id: null }, false],
    ["id=not.eq.1", { id: null }, false],
    ["id=lt.10", { id: "9" }, true],
    ["id=gte.10", { id: "9" }, false],
    ["id=in.(1,2)", { id: "2" }, true],
    ["id=not.in.(1,2)", { id: "3" }, true],
    ["id=not.in.(1,NULL)", { id: "3" }, false],
    ["name=like.a%c_", { name: "abbcd" }, true],
    ["name=like.a.c", { name: "abc" }, false],
    ["name=ilike.AB%", { name: "abc" }, true],
    ["name=match.^ab+c?$", { name: "abbb" }, true],
    ["done=is.true", { done: "t" }, true],
    ["done=is.null", { done: null }, true],
    ["done=not.is.true", { done: null }, true],
    ["id=isdistinct.1", { id: null }, true],
    ["id=not.isdistinct.1", { id: "1" }, true],
    ["id=eq.1,name=eq.b", { id: "1", name: "a" }, false],
    ["or(id.eq.1,name.eq.b)", { id: "2", name: "b" }, true],
    ["or(id.eq.1,and(name.eq.b,id.gt.1))", { id: "1", name: null }, true],
    ["", { id: "1" }, true],
  ] as [string, Record<string, string | null>, boolean][])("%s of %j is %s", (text, row, expected) => {
    expect(holds(text, row)).toBe(expected);
  });

  test("a column that is not known holds nothing, not even is.null or a negation", () => {
    expect(holds("name=is.null", { id: "1" })).toBe(false);
    expect(holds("name=not.eq.x", { id: "1" })).toBe(false);
  });

  test("what cannot be told here is asked of Postgres, and only when it decides", () => {
    expect(compile("tags=eq.{}").needsPostgres).toBe(true);
    expect(compile("name=imatch.x").needsPostgres).toBe(true);
    expect(holds("id=eq.1,tags=eq.{}", { id: "1", tags: "{}" }, true)).toBe(true);
    let asked = 0;
    compile("id=eq.1,tags=eq.{}").holds(
      (name) => (name === "id" ? "2" : "{}"),
      () => ++asked > 0,
    );
    expect(asked).toBe(0);
  });

  test("letters beyond ASCII are shown to Postgres, and every question of an `or` is put", () => {
    const filter = compile("or(name.ilike.a%,tags.eq.{},name.imatch.x)");
    expect(filter.needsPostgres).toBe(true);
    const asked: string[] = [];
    filter.holds(
      () => "É",
      ({ sql }) => asked.push(sql) > 0,
    );
    expect(asked).toHaveLength(3);
  });

  test("quotes in a literal stay a literal", () => {
    const asked: string[] = [];
    compile("tags=eq.'); drop table x; --").holds(
      () => "{}",
      ({ sql }) => asked.push(sql) > 0,
    );
    expect(asked).toEqual([`((v::pg_catalog.jsonb) = '''); drop table x; --'::pg_catalog.jsonb)`]);
  });
});

test("ten thousand equality shapes cost one look-up", () => {
  const index = new MatchIndex<{ event: "*"; filter: ReturnType<typeof compile>; id: number }>();
  const items = Array.from({ length: 10_000 }, (_, id) => ({
    event: "*" as const,
    filter: compile(`id=eq.${id}`),
    id,
  }));
  for (const item of items) index.add(item);
  let reads = 0;
  const read = () => {
    reads++;
    return "77";
  };
  const found = () => index.candidates("INSERT", read).map(({ id }) => id);
  expect(found()).toEqual([77]);
  expect(reads).toBe(1);
  for (const item of items) index.delete(item);
  expect(found()).toEqual([]);
  expect(index.size).toBe(0);
});

test("a change reaches only the event it is", () => {
  const index = new MatchIndex<{ event: "*" | "INSERT" | "DELETE"; filter: ReturnType<typeof compile> }>();
  for (const event of ["*", "INSERT", "DELETE"] as const) index.add({ event, filter: compile("") });
  expect([...index.candidates("DELETE", () => null)].map(({ event }) => event)).toEqual(["*", "DELETE"]);
});
