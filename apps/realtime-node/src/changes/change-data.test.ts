import { describe, expect, test } from "vitest";
import { parseLsn } from "../wal/lsn.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";
import { changeData, changeError, projectionOf, ROW_ERRORS } from "./change-data.ts";

const relation: Relation = {
  oid: 1,
  schema: "public",
  table: 'to"dos',
  identity: "default",
  columns: [
    { name: "id", typeOid: 20, isKey: true },
    { name: "task", typeOid: 25, isKey: false },
    { name: "secret", typeOid: 25, isKey: false },
  ],
};
const base = {
  relation,
  commitLsn: parseLsn("0/10"),
  commitMs: Date.UTC(2026, 7, 21, 12) + 0.123,
  xid: 1,
  ordinal: 0,
  receivedMs: 0,
  bytes: 10,
};
const readable = new Set(["id", "task"]);
const access = { role: "r", isSubjectToPolicies: false, readable };
const projection = projectionOf(relation, { access, select: undefined, primaryKey: ["id"] });
const context = {
  projection,
  render: (oid: number, text: string) => (oid === 20 ? text : JSON.stringify(text)),
  typeName: (oid: number) => (oid === 20 ? "int8" : "text"),
  onlyKeyOfDeleted: undefined,
  hidesOldRecord: false,
};
const data = (change: Partial<RowChange>, more: Partial<typeof context> = {}) =>
  changeData(
    { ...base, type: "INSERT", newTuple: undefined, oldTuple: undefined, ...change },
    { ...context, ...more },
  );

describe("the data of a change [6.4]", () => {
  test("an INSERT has no old_record, NULL is null, hidden columns are absent", () => {
    expect(data({ newTuple: ["9007199254740993", null, "x"] })).toBe(
      '{"schema":"public","table":"to\\"dos","type":"INSERT","commit_timestamp":"2026-08-21T12:00:00.000Z",' +
        '"columns":[{"name":"id","type":"int8"},{"name":"task","type":"text"}],' +
        '"record":{"id":9007199254740993,"task":null},"errors":null,"lsn":"0/10"}',
    );
  });

  test("an UPDATE that left the key alone takes the old record from the new row", () => {
    const text = data({ type: "UPDATE", newTuple: ["1", "b", "x"] });
    expect(JSON.parse(text)).toMatchObject({ record: { id: 1, task: "b" }, old_record: { id: 1 } });
  });

  test("an unchanged TOAST value comes from the old row, or is absent", () => {
    const full = { ...relation, identity: "full" as const };
    const update = { type: "UPDATE" as const, newTuple: ["1", undefined, "x"] };
    expect(JSON.parse(data(update)).record).toEqual({ id: 1 });
    const withOld = data({ ...update, relation: full, oldTuple: ["1", "old", "x"] });
    expect(JSON.parse(withOld)).toMatchObject({
      record: { id: 1, task: "old" },
      old_record: { id: 1, task: "old" },
    });
  });

  test("a DELETE has no record; under policies only its key is told; without rights to the key nothing [12.31]", () => {
    const gone = {
      type: "DELETE" as const,
      relation: { ...relation, identity: "full" as const },
      oldTuple: ["1", "t", "s"],
    };
    expect(JSON.parse(data(gone))).toMatchObject({ old_record: { id: 1, task: "t" } });
    expect(JSON.parse(data(gone))).not.toHaveProperty("record");
    expect(JSON.parse(data(gone, { onlyKeyOfDeleted: new Set(["id"]) as never })).old_record).toEqual({
      id: 1,
    });
    expect(JSON.parse(data(gone, { hidesOldRecord: true })).old_record).toEqual({});
  });

  test("a huge row keeps its small values [413]", () => {
    const huge = data({ bytes: 2_000_000, newTuple: ["1", "x".repeat(65), "s"] });
    expect(JSON.parse(huge)).toMatchObject({ record: { id: 1 }, errors: [ROW_ERRORS.tooLarge] });
    expect(JSON.parse(huge).record).not.toHaveProperty("task");
  });

  test("an error frame tells nothing of the row", () => {
    const change = { ...base, type: "UPDATE" as const, newTuple: ["1", "a", "s"], oldTuple: undefined };
    expect(JSON.parse(changeError(change, ROW_ERRORS.unauthorized))).toEqual({
      schema: "public",
      table: 'to"dos',
      type: "UPDATE",
      commit_timestamp: null,
      columns: [],
      record: {},
      old_record: {},
      errors: ["Error 401: Unauthorized"],
      lsn: "0/10",
    });
  });
});

test("select always includes the key [6.2]", () => {
  const all = { ...access, readable: new Set(["id", "task", "secret"]) };
  const selected = projectionOf(relation, { access: all, select: ["secret"], primaryKey: ["id"] });
  expect(selected.columns).toEqual([0, 2]);
});
