import { expect, test } from "vitest";
import { diffJson } from "./diff.ts";

test("only what differs is told, with its path", () => {
  const before = '{"limits":{"databasePool":2,"maxJoinsPerSecond":100},"name":"a"}';
  const after = '{"limits":{"databasePool":4,"maxJoinsPerSecond":100},"name":"a"}';
  expect(diffJson(before, after)).toEqual([{ path: "limits.databasePool", before: "2", after: "4" }]);
});

test("a creation has no before, a deletion no after", () => {
  expect(diffJson(null, '{"name":"a"}')).toEqual([{ path: "name", before: null, after: '"a"' }]);
  expect(diffJson('"plain"', null)).toEqual([{ path: "value", before: '"plain"', after: null }]);
});
