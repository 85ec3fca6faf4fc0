import type { PolicyVote, Simulation } from "@tidewire/db/policy-simulation";
import { expect, test } from "vitest";
import { toDecisions } from "./to-decision.ts";

const ROLE = { name: "authenticated", exists: true, bypasses: false, mayRead: true, mayWrite: true };
const NO: Simulation = {
  role: ROLE,
  rowSecurity: true,
  read: { ok: true, grants: { broadcast: false, presence: false } },
  write: { ok: true, grants: { broadcast: false, presence: false } },
  votes: [],
};
const YES: Simulation["read"] = { ok: true, grants: { broadcast: true, presence: true } };

function vote(policy: string, said: PolicyVote["vote"], more: Partial<PolicyVote> = {}): PolicyVote {
  return {
    action: "read",
    extension: "broadcast",
    policy,
    permissive: true,
    applies: said !== null,
    vote: said,
    error: null,
    ...more,
  };
}

function readBroadcast(simulation: Partial<Simulation>) {
  const [first] = toDecisions({ ...NO, ...simulation });
  return { allowed: first?.allowed, because: first?.because, deciding: first?.deciding };
}

test("all policies that say yes are named, those that say no or are not asked are not", () => {
  const votes = [vote("a", "yes"), vote("b", "no"), vote("c", "yes"), vote("d", null)];
  expect(readBroadcast({ read: YES, votes })).toEqual({
    allowed: true,
    because: "`a` and `c` say yes.",
    deciding: ["a", "c"],
  });
});

test("a refusal names those that could have allowed it, or the restrictive one that forbids it", () => {
  const votes = [vote("a", "no"), vote("b", "no"), vote("r", "no", { permissive: false })];
  expect(readBroadcast({ votes }).because).toBe("`a` and `b` say no.");
  expect(readBroadcast({ votes: [vote("a", "yes"), ...votes] }).because).toBe("`r` forbids it.");
  expect(readBroadcast({ votes: [vote("d", null)] }).because).toBe(
    "No policy lets the role `authenticated` read.",
  );
});

test("the answer is the database's; what decides before policies are asked is said first", () => {
  const votes = [vote("a", "yes")];
  expect(readBroadcast({ votes, role: { ...ROLE, mayRead: false } })).toEqual({
    allowed: false,
    because: "The role `authenticated` has no SELECT right on `realtime.messages`.",
    deciding: [],
  });
  expect(readBroadcast({ votes: [], role: { ...ROLE, exists: false } }).because).toContain("knows no role");
  expect(readBroadcast({ read: YES, votes: [], role: { ...ROLE, bypasses: true } }).because).toContain(
    "passes all",
  );
  expect(readBroadcast({ read: YES, votes: [], rowSecurity: false }).because).toContain(
    "Row security is off",
  );
});

test("an error is told with the policy that raised it, else with Postgres' own words", () => {
  const read: Simulation["read"] = { ok: false, sqlState: "22012", message: "division by zero" };
  const raised = vote("a", "error", { error: "division by zero" });
  expect(readBroadcast({ read, votes: [raised] })).toMatchObject({
    because: "`a` raised an error: division by zero.",
    deciding: ["a"],
  });
  expect(readBroadcast({ read }).because).toBe("Postgres raised an error: division by zero.");
});
