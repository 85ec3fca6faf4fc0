import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseArrayLiteral, parseRowLiteral } from "./text-literals.ts";
import { JsonRenderer, type PgType } from "./types.ts";

const plain = (oid: number, name: string): PgType => ({
  oid,
  name,
  sqlName: `pg_catalog.${name}`,
  form: "plain",
  of: 0,
  delimiter: ",",
  fields: [],
  castsToJson: false,
});
const TYPES = new Map<number, PgType>(
  [
    plain(16, "bool"),
    plain(20, "int8"),
    plain(25, "text"),
    plain(701, "float8"),
    plain(1700, "numeric"),
    plain(17, "bytea"),
    plain(114, "json"),
    plain(26, "oid"),
    plain(1042, "bpchar"),
    plain(1114, "timestamp"),
    plain(1184, "timestamptz"),
    { ...plain(1016, "_int8"), form: "array" as const, of: 20 },
    { ...plain(1001, "_bytea"), form: "array" as const, of: 17 },
    { ...plain(1022, "_float8"), form: "array" as const, of: 701 },
    { ...plain(30, "oidvector"), form: "array" as const, of: 26 },
    { ...plain(20_000, "bool"), name: "bool" },
    { ...plain(20_001, "hstore"), castsToJson: true },
    { ...plain(20_002, "_hstore"), form: "array" as const, of: 20_001 },
    { ...plain(20_003, "age"), form: "domain" as const, of: 20 },
    {
      ...plain(20_004, "pair"),
      form: "composite" as const,
      fields: [
        { name: "n", typeOid: 20 },
        { name: "note", typeOid: 25 },
      ],
    },
  ].map((type) => [type.oid, type]),
);
const renderer = new JsonRenderer(TYPES);
const render = (oid: number, text: string) => renderer.for(oid)?.(text);

describe("text output to JSON text [12.30]", () => {
  test.each([
    ["int8 beyond 2^53 keeps its digits", 20, "9007199254740993", "9007199254740993"],
    ["numeric keeps its scale", 1700, "1.500", "1.500"],
    ["NaN is null", 701, "NaN", "null"],
    ["-Infinity is null", 1700, "-Infinity", "null"],
    ["NaN inside an array is text", 1022, "{NaN,1}", '["NaN",1]'],
    ["oid is a string", 26, "42", '"42"'],
    ["bool", 16, "t", "true"],
    ["bytea loses its \\x", 17, "\\x0102", '"0102"'],
    ["bytea inside an array keeps it", 1001, '{"\\\\x01"}', '["\\\\x01"]'],
    ["char(n) is trimmed", 1042, "ab   ", '"ab"'],
    ["timestamp has its T", 1114, "2026-08-21 12:00:00.123456", '"2026-08-21T12:00:00.123456"'],
    ["timestamptz is UTC with minutes", 1184, "2026-08-21 12:00:00+00", '"2026-08-21T12:00:00+00:00"'],
    ["BC", 1184, "0044-03-15 12:00:00+00 BC", '"0044-03-15T12:00:00+00:00 BC"'],
    ["infinity stays", 1184, "infinity", '"infinity"'],
    ["json stays on one line", 114, '{\n "a": "x\\ny"}', '{  "a": "x\\ny"}'],
    ["dimensions nest, bounds vanish", 1016, "[0:1][1:1]={{1},{NULL}}", "[[1],[null]]"],
    ["an empty array", 1016, "{}", "[]"],
    ["a vector", 30, "1 2", '["1","2"]'],
    ["a domain is what it is made of", 20_003, "7", "7"],
    ["a row", 20_004, '(1,"a ""b"", c")', '{"n":1,"note":"a \\"b\\", c"}'],
    ["a row with NULLs", 20_004, "(,)", '{"n":null,"note":null}'],
    ["a user's own type named bool is no boolean", 20_000, "t", '"t"'],
    ["an unknown type is text", 99_999, 'a"b', '"a\\"b"'],
  ])("%s", (_, oid, text, json) => {
    expect(render(oid, text)).toBe(json);
  });

  test("a type with a cast to json is left to Postgres, inside an array too", () => {
    expect(renderer.for(20_001)).toBeNull();
    expect(renderer.for(20_002)).toBeNull();
  });
});

const quoteItem = (text: string | null) => (text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`);

test("array literals are taken apart as Postgres puts them together", () => {
  const items = fc.array(fc.option(fc.string({ unit: "grapheme" })));
  fc.assert(
    fc.property(items, (texts) => {
      expect(parseArrayLiteral(`{${texts.map(quoteItem).join(",")}}`)).toEqual(texts);
    }),
  );
});

test("row literals are taken apart as Postgres puts them together", () => {
  const quoteField = (text: string | null) => (text === null ? "" : `"${text.replace(/["\\]/g, "$&$&")}"`);
  fc.assert(
    fc.property(fc.array(fc.option(fc.string()), { minLength: 1 }), (texts) => {
      expect(parseRowLiteral(`(${texts.map(quoteField).join(",")})`)).toEqual(texts);
    }),
  );
});
