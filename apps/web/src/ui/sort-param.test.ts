import { expect, test } from "vitest";
import { parseSort, toSortParam } from "./sort-param.ts";

test.each(["", "name", "-connections"])("the sort %j survives the way through the address", (text) => {
  expect(toSortParam(parseSort(text))).toBe(text);
});
