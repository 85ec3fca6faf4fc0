import { expect, test } from "vitest";
import { Leases } from "./leases.ts";

const life = (node: string, boot: string) => ({ node, boot });

test("a node that is not heard of for 17.5 s is forgotten, and only once", () => {
  const leases = new Leases();
  leases.renew(life("a", "1"), 0);
  leases.renew(life("b", "1"), 10_000);
  expect(leases.expire(17_000)).toEqual([]);
  expect(leases.expire(17_501)).toEqual([life("a", "1")]);
  expect(leases.expire(17_502)).toEqual([]);
});

test("a later boot ends the earlier one at once", () => {
  const leases = new Leases();
  leases.renew(life("a", "1"), 0);
  leases.renew(life("a", "2"), 1);
  expect(leases.expire(2)).toEqual([life("a", "1")]);
});
