import type { ChangeEnvelope, ChangeKind } from "@tidewire/protocol/cluster/changes";
import { seededRandom } from "@tidewire/testkit/seeded-random";
import { expect, test } from "vitest";
import { deliveriesOf } from "./deliveries.ts";
import { ShapeRoutes } from "./shape-routes.ts";
import type { Subscription } from "./subscription.ts";

function subscription(name: string, ...ids: number[]): Subscription {
  const bindings = ids.map((id) => ({ id, spec: { event: "*" as const, schema: "public", table: "t" } }));
  return { name, bindings } as unknown as Subscription;
}
const kindOf = (...shapes: string[]): ChangeKind => ({ shapes, schema: "public", table: "t" });
const change = (kind: ChangeKind, ordinal: number) => ({ kind, ordinal }) as ChangeEnvelope;

/** `ids@ordinal` of all that each channel is told, by name. */
function told(envelopes: ChangeEnvelope[], routes: ShapeRoutes): Record<string, string[]> {
  return Object.fromEntries(
    [...deliveriesOf(envelopes, routes)].map(([{ name }, deliveries]) => [
      name,
      deliveries.flatMap(({ ids, changes }) => changes.map(({ ordinal }) => `${ids}@${ordinal}`)),
    ]),
  );
}

test("channels that are told the same share the very same arrays", () => {
  const routes = new ShapeRoutes();
  for (const name of ["a", "b"]) routes.add(subscription(name, 1), ["s1"]);
  for (const name of ["c", "d"]) routes.add(subscription(name, 1, 2), ["s1", "s2"]);
  const [one, two] = [kindOf("s1"), kindOf("s2")];
  const deliveries = [...deliveriesOf([change(one, 0), change(two, 1), change(one, 2)], routes).values()];
  expect(deliveries).toHaveLength(4);
  expect(deliveries[0]).toBe(deliveries[1]);
  expect(deliveries[2]).toBe(deliveries[3]);
  expect(deliveries[2]).not.toBe(deliveries[0]);
});

test("a channel of several kinds is told in the order of the message", () => {
  const routes = new ShapeRoutes();
  routes.add(subscription("a", 1, 2), ["s1", "s2"]);
  routes.add(subscription("b", 9), ["s2"]);
  const [one, two, both] = [kindOf("s1"), kindOf("s2"), kindOf("s2", "s1")];
  const message = [change(one, 0), change(two, 1), change(both, 2), change(one, 3)];
  expect(told(message, routes)).toEqual({ a: ["1@0", "2@1", "1,2@2", "1@3"], b: ["9@1", "9@2"] });
});

test("whatever the kinds and bindings, each channel is told what it would be told change by change", () => {
  const random = seededRandom();
  for (let round = 0; round < 200; round++) {
    const shapes = ["s1", "s2", "s3"];
    const routes = new ShapeRoutes();
    for (let n = 0; n < 5; n++) {
      const held = shapes.filter(() => random.chance(0.5));
      routes.add(subscription(`c${n}`, ...held.map(() => 1 + random.below(3))), held);
    }
    const kinds = [0, 1, 2].map(() => kindOf(...shapes.filter(() => random.chance(0.5))));
    const message = Array.from({ length: 6 }, (_, ordinal) => change(random.pick(kinds), ordinal));
    const expected: Record<string, string[]> = {};
    for (const { kind, ordinal } of message) {
      for (const { subscription, ids } of routes.targets(kind.shapes)) {
        const list = expected[subscription.name] ?? [];
        expected[subscription.name] = list;
        list.push(`${ids}@${ordinal}`);
      }
    }
    expect(told(message, routes), `seed ${random.seed}`).toEqual(expected);
  }
});
