import { expect, test } from "vitest";
import type { PublicationColumn, PublicationTable } from "#server/views/database.ts";
import { warningsOf } from "./table-warnings.ts";

const ALL = { insert: true, update: true, delete: true };
const column = (name: string, more: Partial<PublicationColumn> = {}): PublicationColumn => ({
  name,
  type: "text",
  isPublished: true,
  isIdentity: false,
  isFiltered: false,
  ...more,
});
const GOOD: PublicationTable = {
  schema: "public",
  table: "messages",
  owner: "app",
  publishedAs: "table",
  columns: [column("id", { isIdentity: true }), column("body", { isIdentity: true })],
  filter: null,
  primaryKey: ["id"],
  identity: "full",
  rowSecurity: true,
  readPolicies: 1,
  isPartitioned: false,
  estimatedRows: null,
};
const ids = (table: Partial<PublicationTable>, publishes = ALL) =>
  warningsOf({ ...GOOD, ...table }, publishes).map(({ id, tone }) => `${id} ${tone}`);

test("a table with key, policies and full old rows has nothing to say", () => {
  expect(ids({})).toEqual([]);
});

test("a published table without identity breaks the app's updates, an unpublished one does not", () => {
  const keyless = { primaryKey: [], columns: [column("body")] };
  expect(ids({ ...keyless, identity: "default", rowSecurity: false })).toEqual([
    "unidentified bad",
    "no-primary-key warn",
    "no-row-security warn",
  ]);
  expect(ids({ ...keyless, publishedAs: null })).toEqual(["no-primary-key bad"]);
  expect(ids(keyless, { insert: true, update: false, delete: false })).toEqual(["no-primary-key bad"]);
});

test("leaving out the key, or filtering by what old rows lack, breaks updates too", () => {
  const [left] = warningsOf(
    { ...GOOD, columns: [column("id", { isIdentity: true, isPublished: false }), column("body")] },
    ALL,
  );
  expect(left?.sentence).toContain("`id`, by which its rows are told apart");
  const [filtered] = warningsOf(
    { ...GOOD, columns: [column("id", { isIdentity: true }), column("room", { isFiltered: true })] },
    ALL,
  );
  expect(filtered?.sentence).toContain("its row filter reads `room`");
});

test("row security that lets nobody in, and none at all, are told apart", () => {
  expect(ids({ rowSecurity: true, readPolicies: 0 })).toEqual(["no-policy warn"]);
  expect(ids({ rowSecurity: false })).toEqual(["no-row-security warn"]);
});

test("the key that is suggested uses a column that is there", () => {
  const sqlOf = (columns: PublicationColumn[]) =>
    warningsOf({ ...GOOD, primaryKey: [], columns }, ALL).flatMap(({ fix }) =>
      fix?.kind === "copy" ? [fix.sql] : [],
    )[0];
  expect(sqlOf([column("id", { isIdentity: true })])).toContain("add primary key (id)");
  expect(sqlOf([column("body", { isIdentity: true })])).toContain("add column id bigint");
});
