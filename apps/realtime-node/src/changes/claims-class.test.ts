import { describe, expect, test } from "vitest";
import type { Catalog, Table } from "./catalog.ts";
import { claimsUseOf, classKey } from "./claims-class.ts";

const functions: Catalog["claimsFunctions"] = [
  {
    name: "uid",
    source: `select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
      (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid`,
  },
  { name: "role", source: "select current_setting('request.jwt.claim.role', true)" },
  {
    name: "jwt",
    source: "select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb",
  },
];

function useOf(...policies: (string | null)[]) {
  const table = { rowSecurity: true, policies: policies.map((using) => ({ using })) };
  return claimsUseOf(table as unknown as Table, { claimsFunctions: functions });
}

describe("the claims that policies can tell apart", () => {
  test.each([
    ["a condition on the row alone", "((status = 'open'::text) AND (lower(owner) <> 'select x'::text))", []],
    ["auth.uid()", "(auth.uid() = user_id)", ["sub"]],
    ["the wrapped form", "(( SELECT auth.uid() AS uid) = user_id)", ["sub"]],
    ["one claim of auth.jwt()", "((auth.jwt() ->> 'team'::text) = team)", ["team"]],
    ["two of them", "((auth.uid() = user_id) OR ((auth.jwt() ->> 'team'::text) = team))", ["sub", "team"]],
  ])("%s", (_, policy, claims) => {
    expect(useOf(policy)).toEqual(claims.length === 0 ? { kind: "none" } : { kind: "some", claims });
  });

  test.each([
    ["a subquery", "(team IN ( SELECT members.team FROM members WHERE (members.user_id = auth.uid())))"],
    ["an unknown function", "is_member(team)"],
    ["a function in another schema", "public.is_member(team)"],
    ["all of auth.jwt()", "may_see(auth.jwt())"],
    ["nested claims", "(((auth.jwt() -> 'app'::text) ->> 'team'::text) = team)"],
    ["current_setting", "(current_setting('request.jwt.claims'::text, true) ~~ '%x%'::text)"],
    ["an operator of its own", "(team OPERATOR(public.===) 'x'::text)"],
  ])("%s may read any claim", (_, policy) => {
    expect(useOf(policy)).toEqual({ kind: "all" });
  });

  test("a replaced auth.uid() is not trusted", () => {
    const table = { rowSecurity: true, policies: [{ using: "(auth.uid() = user_id)" }] } as unknown as Table;
    const source = "select (current_setting('request.jwt.claims')::jsonb ->> 'email')::uuid";
    expect(claimsUseOf(table, { claimsFunctions: [{ name: "uid", source }] })).toEqual({ kind: "all" });
    const calling = "select other.uid(current_setting('request.jwt.claims'))";
    expect(claimsUseOf(table, { claimsFunctions: [{ name: "uid", source: calling }] })).toEqual({
      kind: "all",
    });
  });

  test("without row-level security, or without policies, none matters", () => {
    expect(useOf()).toEqual({ kind: "none" });
    const open = { rowSecurity: false, policies: [{ using: "is_member(team)" }] } as unknown as Table;
    expect(claimsUseOf(open, { claimsFunctions: [] })).toEqual({ kind: "none" });
  });
});

test("a class is the role and the claims that matter, whatever else a token holds", () => {
  const use = { kind: "some", claims: ["sub"] } as const;
  const alice = { role: "authenticated", sub: "a", exp: 1 };
  expect(classKey(alice, use)).toBe(classKey({ ...alice, exp: 2 }, use));
  expect(classKey(alice, use)).not.toBe(classKey({ ...alice, sub: "b" }, use));
  expect(classKey(alice, use)).not.toBe(classKey({ ...alice, role: "anon" }, use));
  expect(classKey(alice, { kind: "all" })).not.toBe(classKey({ ...alice, exp: 2 }, { kind: "all" }));
  expect(classKey({ a: 1, role: "x" }, { kind: "all" })).toBe(classKey({ role: "x", a: 1 }, { kind: "all" }));
});
