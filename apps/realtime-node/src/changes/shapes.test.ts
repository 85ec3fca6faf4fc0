import { expect, test } from "vitest";
import type { Relation } from "../wal/row-change.ts";
import type { Table } from "./catalog.ts";
import { type PreparedShape, Shapes, shapeKey } from "./shapes.ts";

const table = { oid: 7, schema: "public", name: "todos" } as Table;
const relation = (name: string): Relation => ({
  oid: 9,
  schema: "public",
  table: name,
  identity: "default",
  columns: [],
});
const filter = { columns: [], needsPostgres: false, hint: undefined, holds: () => true };
const access = { role: "r", isSubjectToPolicies: false, readable: new Set<string>() };

function prepared(
  classKey = "c",
  spec = { event: "*" as const, schema: "public", table: "todos" },
): PreparedShape {
  const onTables = [{ table, event: spec.event, filter, access, classKey }];
  return { key: shapeKey(spec, classKey), spec, claims: {}, onTables };
}
const n1 = { node: "n1", boot: "1" };
const n2 = { node: "n2", boot: "1" };
const sizeOn = (shapes: Shapes) => shapes.on(7)?.size ?? 0;

test("equal wishes are one shape, whoever has them; it goes with the last", () => {
  const shapes = new Shapes();
  const [first] = shapes.register(n1, "a", [prepared()]);
  expect(shapes.register(n2, "b", [prepared(), prepared("d")])[0]).toBe(first);
  expect(shapes.size).toBe(2);
  shapes.release(n2, ["b"]);
  expect(shapes.size).toBe(1);
  shapes.release(n1, ["a", "never there"]);
  expect([shapes.size, sizeOn(shapes)]).toEqual([0, 0]);
});

test("registering again under the same name replaces, and never lets a shared shape go in between", () => {
  const shapes = new Shapes();
  const first = shapes.register(n1, "a", [prepared()]);
  expect(shapes.register(n1, "a", [prepared()])).toEqual(first);
  expect(shapes.heldBy(n1)).toBe(1);
  shapes.release(n1, ["a"]);
  expect(shapes.size).toBe(0);
});

test("a dead node's registrations go, the others' stay", () => {
  const shapes = new Shapes();
  shapes.register(n1, "a", [prepared(), prepared("d")]);
  shapes.register(n2, "a", [prepared()]);
  shapes.releaseHolder(n1);
  expect(shapes.holders).toEqual([n2]);
  expect(shapes.size).toBe(1);
});

test("rows of a table count as wanted while somebody asked for it, by name or by wildcard", () => {
  const shapes = new Shapes();
  const [todos, notes] = [relation("todos"), relation("notes")];
  expect(shapes.isWanted(todos)).toBe(false);
  shapes.register(n1, "a", [prepared()]);
  expect([shapes.isWanted(todos), shapes.isWanted(notes)]).toEqual([true, false]);
  shapes.register(n1, "b", [prepared("c", { event: "*", schema: "public", table: "*" })]);
  expect(shapes.isWanted(notes)).toBe(true);
  shapes.release(n1, ["a", "b"]);
  expect(shapes.isWanted(todos)).toBe(false);
});

test("between two epochs the tables of the first go on being read", () => {
  const shapes = new Shapes();
  const todos = relation("todos");
  shapes.register(n1, "a", [prepared()]);
  shapes.clear();
  expect([shapes.size, shapes.isWanted(todos)]).toEqual([0, true]);
  shapes.settle();
  expect(shapes.isWanted(todos)).toBe(false);
});

test("equal specs have equal keys, whatever the order of their columns", () => {
  const spec = { event: "*" as const, schema: "a", table: "b" };
  expect(shapeKey({ ...spec, select: ["x", "y"] }, "c")).toBe(shapeKey({ ...spec, select: ["y", "x"] }, "c"));
  expect(shapeKey({ ...spec, select: ["x"] }, "c")).not.toBe(shapeKey(spec, "c"));
});
