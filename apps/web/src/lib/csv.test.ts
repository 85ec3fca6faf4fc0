import { expect, test } from "vitest";
import { toCsv } from "./csv.ts";

test("cells with commas, quotes and line breaks are quoted", () => {
  expect(
    toCsv(
      ["a", "b"],
      [
        ['say "hi"', "x,y"],
        ["line\nbreak", 4],
      ],
    ),
  ).toBe('a,b\r\n"say ""hi""","x,y"\r\n"line\nbreak",4');
});

test("a cell that a spreadsheet would run is text, a negative number stays a number", () => {
  expect(toCsv(["a"], [["=SUM(A1)"], [-4]])).toBe("a\r\n'=SUM(A1)\r\n-4");
});

test("unknown cells are empty and objects are JSON", () => {
  expect(toCsv(["a", "b"], [[null, { x: 1 }]])).toBe('a,b\r\n,"{""x"":1}"');
});
