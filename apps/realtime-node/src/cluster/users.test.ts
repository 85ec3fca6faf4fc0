import { expect, test } from "vitest";
import { Users } from "./users.ts";

test("users count in the whole cluster; a beat tells this node's share only", () => {
  const users = new Users((ref) => (ref === "a" ? 5 : 0));
  users.occupy("a");
  users.occupy("a");
  users.occupy("b");
  expect([users.users("a"), users.users("b"), users.users("c")]).toEqual([7, 1, 0]);
  users.vacate("b");
  expect(users.here()).toEqual({ a: 2 });
});
