import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  elementRange,
  elementTexts,
  endOfValue,
  isObjectJson,
  memberRange,
  withMember,
} from "./json-range.ts";

const pretty = (value: unknown, indent: number | string) => JSON.stringify(value, null, indent);
const indent = fc.constantFrom<number | string>(0, 2, "\t");
const value = fc.jsonValue();

describe("ranges in JSON text", () => {
  test("every element of an array is found as it was written", () => {
    fc.assert(
      fc.property(fc.array(value), indent, (elements, by) => {
        const text = ` ${pretty(elements, by)}\n`;
        const found = elementTexts(text);
        expect(found.map((element) => JSON.stringify(JSON.parse(element)))).toEqual(
          elements.map((element) => JSON.stringify(element)),
        );
        elements.forEach((_, index) => {
          const { start, end } = elementRange(text, index);
          expect(text.slice(start, end)).toBe(found[index]);
        });
      }),
    );
  });

  test("the member that JSON.parse would take is found", () => {
    const key = fc.constantFrom("a", "b", 'q"', "\\", "é", "__proto__");
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value)), key, indent, (members, wanted, by) => {
        const text = `{${members.map(([name, member]) => ` ${JSON.stringify(name)} :${pretty(member, by)}`).join(" ,")} }`;
        const range = memberRange(text, wanted);
        const parsed = JSON.parse(text);
        expect(range !== undefined).toBe(Object.hasOwn(parsed, wanted));
        const source = range && text.slice(range.start, range.end);
        if (source) expect(JSON.stringify(JSON.parse(source))).toBe(JSON.stringify(parsed[wanted]));
      }),
    );
  });

  test("a scalar ends at the first character that cannot belong to it", () => {
    for (const [text, end] of [
      ["-1.5e3,", 6],
      ["null]", 4],
      ["true }", 4],
      ["12", 2],
    ] as const) {
      expect(endOfValue(text, 0)).toBe(end);
    }
  });

  test("a member is added to empty and full objects, whatever the spaces", () => {
    expect(withMember("{}", "m", "1")).toBe('{"m":1}');
    expect(withMember(" { \n} ", "m", "1")).toBe(' { \n"m":1}');
    expect(withMember('{"a":{}}', "m", "1")).toBe('{"a":{},"m":1}');
    expect(withMember('{"a":"}"} ', "m", "{}")).toBe('{"a":"}","m":{}}');
  });

  test("every scan ends, also on text that is not JSON", () => {
    const piece = fc.constantFrom("{", "}", "[", "]", ",", ":", '"', '"a"', "\\", " ", "1");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        expect(endOfValue(text, 0)).toBeLessThanOrEqual(text.length);
        expect(elementTexts(text).length).toBeLessThanOrEqual(text.length);
        expect(elementRange(text, 3).end).toBeLessThanOrEqual(text.length + 8);
      }),
    );
  });

  test("only objects are objects", () => {
    for (const text of ["{}", ' \n\t{"a":1}']) expect(isObjectJson(text)).toBe(true);
    for (const text of ["[]", "null", '"{"', "1"]) expect(isObjectJson(text)).toBe(false);
  });
});
