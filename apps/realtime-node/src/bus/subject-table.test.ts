import { expect, test } from "vitest";
import { parseSubject, SubjectTable } from "./subject-table.ts";

test("a star stands for one token, a final > for one or more", () => {
  const table = new SubjectTable<string>();
  for (const pattern of ["a.b", "a.*", "a.>", "*.b", ">"]) table.add(pattern, pattern);
  expect(table.match("a.b").sort()).toEqual(["*.b", ">", "a.*", "a.>", "a.b"]);
  expect(table.match("a").sort()).toEqual([">"]);
  expect(table.match("a.b.c").sort()).toEqual([">", "a.>"]);
});

test("an entry that was taken out is not found, and taking it out twice changes nothing", () => {
  const table = new SubjectTable<number>();
  const remove = table.add("a", 1);
  table.add("a", 2);
  remove();
  remove();
  expect(table.match("a")).toEqual([2]);
  expect(table.size).toBe(1);
});

test.each(["", ".", "a.", "a..b", "a b", "a.\n", "a.>.b", "a*"])("%j is not a subject", (subject) => {
  expect(() => parseSubject(subject, { wildcards: true })).toThrow(RangeError);
});

test("nobody publishes to a wildcard", () => {
  expect(() => parseSubject("a.*", { wildcards: false })).toThrow(RangeError);
});
