import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bindingIds, parseBinding } from "./binding.ts";
import { bindingTexts, exceptionTexts } from "./binding-texts.ts";

describe("[R1] a binding", () => {
  test.each([
    [
      { schema: "s", table: "t", filter: "a=eq.1" },
      { schema: "s", table: "t", filter: "a=eq.1" },
    ],
    [
      { schema: "s", table: "t" },
      { schema: "s", table: "t" },
    ],
    [
      { schema: "s", table: "t", filter: " " },
      { schema: "s", table: "t" },
    ],
    [{ schema: "s" }, { schema: "s", table: "*" }],
    [{ table: "t" }, { schema: "public", table: "t" }],
    [{ schema: "*" }, { schema: "*", table: "*" }],
  ])("%j names its target", (entry, target) => {
    expect(parseBinding(entry)).toEqual({ event: "*", filter: undefined, select: undefined, ...target });
  });

  test.each([
    [{}, "%{}"],
    [{ schema: "s", table: "t", filter: null }, '%{"filter" => nil, "schema" => "s", "table" => "t"}'],
    [{ schema: "s", filter: "a=eq.1" }, '%{"filter" => "a=eq.1", "schema" => "s"}'],
    [{ schema: 5, table: "t" }, '%{"schema" => 5, "table" => "t"}'],
    [{ table: ["t", true] }, '%{"table" => ["t", true]}'],
  ])("%j is refused and shown", (entry, shown) => {
    expect(() => parseBinding(entry)).toThrow(
      "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: " +
        shown,
    );
  });

  test.each([
    ["insert", "INSERT"],
    ["Update", "UPDATE"],
    ["DELETE", "DELETE"],
    ["*", "*"],
    ["TRUNCATE", "*"],
    [undefined, "*"],
    [5, "*"],
  ])("[R2] event %j means %s", (event, expected) => {
    expect(parseBinding({ table: "t", event }).event).toBe(expected);
  });

  test("[R20] select is a list of names, and not for wildcards", () => {
    expect(parseBinding({ table: "t", select: ["a", 5, "b"] }).select).toEqual(["a", "b"]);
    expect(parseBinding({ table: "t", select: [] }).select).toBeUndefined();
    expect(parseBinding({ schema: "s", select: [] }).select).toBeUndefined();
    expect(() => parseBinding({ table: "t", select: "a" })).toThrow(bindingTexts.selectNotAList);
    expect(() => parseBinding({ schema: "s", select: ["a"] })).toThrow(bindingTexts.selectOnWildcard);
  });

  test("[R13] a filter that cannot be read is refused with its own words", () => {
    expect(() => parseBinding({ schema: "s", table: "t", filter: "id=foo.hey" })).toThrow(
      'Error parsing `filter` params: ["foo", "hey"]',
    );
  });
});

describe("[R4] ids of bindings", () => {
  const entry = fc.dictionary(fc.string(), fc.jsonValue());

  test("are whole numbers of 27 bits and never 0", () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        for (const id of bindingIds(entries))
          expect(id).toSatisfy((n: number) => Number.isInteger(n) && n > 0 && n < 2 ** 27);
      }),
    );
  });

  test("are equal for equal entries in any key order, and different otherwise", () => {
    expect(
      new Set(
        bindingIds([
          { a: 1, b: [2, { c: 3, d: 4 }] },
          { b: [2, { d: 4, c: 3 }], a: 1 },
        ]),
      ).size,
    ).toBe(1);
    const entries = Array.from({ length: 20_000 }, (_, index) => ({ table: `t${index}` }));
    expect(new Set(bindingIds(entries)).size).toBe(entries.length);
  });
});

test("refusals of the database are word for word Supabase's", () => {
  const spec = { event: "*" as const, schema: "public", table: "x", filter: "col=eq.1" };
  expect(bindingTexts.notPublished({ event: "*", schema: "public", table: "x" })).toBe(
    "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [event: *, schema: public, table: x, filters: [], select: nil]",
  );
  expect(bindingTexts.exception({ ...spec, select: ["id"] }, exceptionTexts.filterColumn("col"))).toBe(
    'Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: [event: *, schema: public, table: x, filters: [{"col", "eq", "1", false}], select: ["id"]]. Exception: ERROR P0001 (raise_exception) invalid column for filter col',
  );
  expect(bindingTexts.exception({ ...spec, filter: "or(a.eq.1,b.not.in.(1,2))" }, "x")).toContain(
    'filters: [{:or, [{"a", "eq", "1", false}, {"b", "in", "{1,2}", true}]}]',
  );
});
