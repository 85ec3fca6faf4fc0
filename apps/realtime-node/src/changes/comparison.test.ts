import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Comparison, comparisonOf } from "./comparison.ts";

const comparison = (
  baseType: string,
  { isEnum = false, isDeterministic = true, isCodePointOrder = true } = {},
) => comparisonOf({ baseType, isEnum, isDeterministic, isCodePointOrder });
const of = (baseType: string): Comparison => {
  const found = comparison(baseType);
  if (found === null) throw new Error(`no comparison of ${baseType}`);
  return found;
};

function sorts(type: string, ...ascending: string[]) {
  for (const [at, smaller] of ascending.entries()) {
    for (const greater of ascending.slice(at + 1)) {
      expect(of(type).compare?.(smaller, greater), `${smaller} < ${greater}`).toBeLessThan(0);
      expect(of(type).compare?.(greater, smaller), `${greater} > ${smaller}`).toBeGreaterThan(0);
    }
    expect(of(type).compare?.(smaller, smaller)).toBe(0);
  }
}

describe("order as Postgres has it", () => {
  test("integers beyond 2^53", () =>
    sorts("int8", "-9007199254740993", "0", "9007199254740992", "9007199254740993"));
  test("numerics of any scale", () =>
    sorts(
      "numeric",
      "-Infinity",
      "-10",
      "-9.99",
      "-0.5",
      "0",
      "0.00000000000000000001",
      "1.50",
      "10",
      "Infinity",
      "NaN",
    ));
  test("floats, NaN above all", () =>
    sorts("float8", "-Infinity", "-1e+300", "0", "1e-300", "2", "Infinity", "NaN"));
  test("times, BC and infinities", () =>
    sorts(
      "timestamp",
      "-infinity",
      "4713-01-01 00:00:00 BC",
      "0044-03-15 12:00:00 BC",
      "0043-03-15 12:00:00 BC",
      "0001-01-01 00:00:00",
      "2026-08-21 12:00:00",
      "2026-08-21 12:00:00.5",
      "12026-01-01 00:00:00",
      "infinity",
    ));
  test("text by code point, not by UTF-16 unit", () => sorts("text", "A", "a", "é", "\uffff", "\u{1f600}"));
  test("booleans", () => sorts("bool", "f", "t"));
});

test("equal numerics have equal keys, whatever their scale", () => {
  const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
  fc.assert(
    fc.property(digits, fc.nat({ max: 10 }), fc.nat({ max: 5 }), (whole, places, zeros) => {
      const text = `${whole}${places === 0 ? "" : `.${"1".repeat(places)}`}`;
      const padded = (text.includes(".") ? text : `${text}.`) + "0".repeat(zeros + 1);
      expect(of("numeric").key(padded)).toBe(of("numeric").key(text));
      expect(of("numeric").compare?.(padded, text)).toBe(0);
    }),
  );
});

test("minus zero is zero, char(n) ignores its padding", () => {
  expect(of("float8").key("-0")).toBe(of("float8").key("0"));
  expect(of("bpchar").key("ab   ")).toBe(of("bpchar").key("ab"));
});

describe("what only Postgres can compare", () => {
  test.each(["jsonb", "interval", "citext", "_int4", "int4range", "inet", "timetz"])("%s", (type) => {
    expect(comparison(type)).toBeNull();
  });
  test("text whose equality is not that of its bytes", () => {
    expect(comparison("text", { isDeterministic: false })).toBeNull();
  });
  test("the order of text in a natural language, and of enums", () => {
    expect(comparison("text", { isCodePointOrder: false })?.compare).toBeNull();
    expect(comparison("mood", { isEnum: true })?.compare).toBeNull();
  });
});
