import { expect, test } from "vitest";
import { ShapeRoutes } from "./shape-routes.ts";
import type { Subscription } from "./subscription.ts";

function subscription(name: string, ...ids: number[]): Subscription {
  const bindings = ids.map((id) => ({ id, spec: { event: "*" as const, schema: "public", table: "t" } }));
  return { name, bindings } as unknown as Subscription;
}
const targets = (routes: ShapeRoutes, ...shapes: string[]) =>
  routes.targets(shapes).map(({ subscription: { name }, ids }) => [name, ids]);

test("a channel is told once per change, with all its ids in the order of its join [6.4, 12.29]", () => {
  const routes = new ShapeRoutes();
  routes.add(subscription("a", 5, 3, 5), ["s1", "s2", "s1"]);
  routes.add(subscription("b", 9), ["s2"]);
  expect(targets(routes, "s1")).toEqual([["a", [5, 5]]]);
  expect(targets(routes, "s2", "s1")).toEqual([
    ["a", [5, 3, 5]],
    ["b", [9]],
  ]);
  expect(targets(routes, "s9")).toEqual([]);
});

test("equal lists of ids are one array, so that frames can be shared", () => {
  const routes = new ShapeRoutes();
  for (const name of ["a", "b", "c"]) routes.add(subscription(name, 5, 3), ["s1", "s2"]);
  const lists = (...shapes: string[]) => new Set(routes.targets(shapes).map(({ ids }) => ids));
  expect(lists("s1", "s2").size).toBe(1);
  expect(lists("s1").size).toBe(1);
});

test("a channel that left is not told", () => {
  const routes = new ShapeRoutes();
  const [a, b] = [subscription("a", 1), subscription("b", 1)];
  routes.add(a, ["s1"]);
  routes.add(b, ["s1"]);
  routes.delete(a, ["s1"]);
  expect(targets(routes, "s1")).toEqual([["b", [1]]]);
  expect(routes.subscriptionsOf(["s1"])).toEqual(new Set([b]));
});

test("the ids of one channel are those it is told among all", () => {
  const routes = new ShapeRoutes();
  const [a, b] = [subscription("a", 5, 3), subscription("b", 9)];
  routes.add(a, ["s1", "s2"]);
  routes.add(b, ["s2"]);
  expect(routes.idsOf(a, ["s2", "s1"])).toEqual([5, 3]);
  expect(routes.idsOf(b, ["s2", "s1"])).toEqual([9]);
  expect(routes.idsOf(b, ["s1"])).toEqual([]);
});
