import { describe, expect, test } from "vitest";
import { parseLsn } from "../wal/lsn.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";
import { changeError, projectionOf, ROW_ERRORS, RowView } from "./change-data.ts";
import { JsonArena } from "./json-arena.ts";

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
const options = {
  projection,
  renderOf: (oid: number) => (oid === 20 ? (text: string) => text : (text: string) => JSON.stringify(text)),
  typeName: (oid: number) => (oid === 20 ? "int8" : "text"),
  onlyKeyOfDeleted: undefined,
  hidesOldRecord: false,
};
const arena = new JsonArena();
const nothingRemote = () => "never";
const data = (given: Partial<RowChange>, more: Partial<ConstructorParameters<typeof RowView>[0]> = {}) => {
  const change = { ...base, type: "INSERT" as const, newTuple: undefined, oldTuple: undefined, ...given };
  const view = new RowView({ ...options, relation: change.relation, ...more });
  return Buffer.from(view.data(change, nothingRemote, arena)).toString();
};

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
    expect(JSON.parse(data(gone, { onlyKeyOfDeleted: new Set(["id"]) })).old_record).toEqual({
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
    expect(JSON.parse(Buffer.from(changeError(change, ROW_ERRORS.unauthorized)).toString())).toEqual({
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

test("one view tells rows of different commits and kinds apart", () => {
  const view = new RowView({ ...options, relation });
  const told = (given: Partial<RowChange>) => {
    const change = {
      ...base,
      type: "INSERT" as const,
      newTuple: ["1", "a", "s"],
      oldTuple: undefined,
      ...given,
    };
    const { type, lsn, commit_timestamp } = JSON.parse(
      Buffer.from(view.data(change, nothingRemote, arena)).toString(),
    );
    return [type, lsn, commit_timestamp];
  };
  const [early, late] = ["2026-08-21T12:00:00.000Z", "1970-01-01T00:00:00.000Z"];
  expect(told({})).toEqual(["INSERT", "0/10", early]);
  expect(told({ type: "UPDATE" })).toEqual(["UPDATE", "0/10", early]);
  expect(told({ commitLsn: parseLsn("0/20") })).toEqual(["INSERT", "0/20", early]);
  expect(told({ commitLsn: parseLsn("0/20"), commitMs: 0 })).toEqual(["INSERT", "0/20", late]);
  expect(told({})).toEqual(["INSERT", "0/10", early]);
});

test("values that only Postgres can render are taken from its answers", () => {
  const renderOf = (oid: number) => (oid === 20 ? (text: string) => text : null);
  const view = new RowView({ ...options, relation, renderOf });
  const change = { ...base, type: "INSERT" as const, newTuple: ["1", "a", "s"], oldTuple: undefined };
  const text = Buffer.from(view.data(change, (oid, value) => `["${oid}","${value}"]`, arena)).toString();
  expect(JSON.parse(text).record).toEqual({ id: 1, task: ["25", "a"] });
});

test("select always includes the key [6.2]", () => {
  const all = { ...access, readable: new Set(["id", "task", "secret"]) };
  const selected = projectionOf(relation, { access: all, select: ["secret"], primaryKey: ["id"] });
  expect(selected.columns).toEqual([0, 2]);
});
