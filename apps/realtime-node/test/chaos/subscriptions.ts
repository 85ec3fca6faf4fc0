import type { Wish } from "./oracle.ts";
import type { Subscription } from "./subscriber.ts";
import { type Op, OWNERS } from "./workload.ts";

const ALICE = { role: "authenticated", sub: OWNERS[0] };
const BOB = { role: "authenticated", sub: OWNERS[1] };
const of = (is: boolean): Wish => (is ? "must" : "no");

function wishForAll({ table, type, owner }: Op, user: string): Wish {
  return of(table === "items" || (table === "orders" && (type === "DELETE" || owner === user)));
}

/** Who listens to what: with and without policies, filters, all events and single ones. Three of each node's kind. */
export const SUBSCRIPTIONS: readonly Subscription[] = [
  {
    name: "everything-of-alice",
    claims: ALICE,
    bindings: [{ event: "*", schema: "public", table: "*" }],
    wishOf: (op) => wishForAll(op, ALICE.sub),
  },
  {
    name: "blue-items",
    bindings: [{ event: "*", schema: "public", table: "items", filter: "room=eq.blue" }],
    wishOf: (op) => of(op.table === "items" && op.room === "blue"),
  },
  {
    name: "orders-of-bob",
    claims: BOB,
    bindings: [{ event: "*", schema: "public", table: "orders" }],
    wishOf: (op) => of(op.table === "orders" && (op.type === "DELETE" || op.owner === BOB.sub)),
  },
  {
    name: "large-orders-of-alice",
    claims: ALICE,
    bindings: [{ event: "UPDATE", schema: "public", table: "orders", filter: "amount=gte.50" }],
    wishOf: (op) =>
      of(op.table === "orders" && op.type === "UPDATE" && op.owner === ALICE.sub && (op.amount ?? 0) >= 50),
  },
  {
    name: "items-of-anybody",
    bindings: [{ event: "INSERT", schema: "public", table: "items" }],
    wishOf: (op) => of(op.table === "items" && op.type === "INSERT"),
  },
  {
    name: "everything-of-bob",
    claims: BOB,
    bindings: [{ event: "*", schema: "public" }],
    wishOf: (op) => wishForAll(op, BOB.sub),
  },
];
