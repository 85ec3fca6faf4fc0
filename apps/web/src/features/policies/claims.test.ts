import { expect, test } from "vitest";
import { parseClaims } from "./claims.ts";

const NOW = 1_000_000_000_000;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (claims: object) => `${encode({ alg: "HS256" })}.${encode(claims)}.c2ln`;

test("claims come as JSON or inside of a token, with or without Bearer", () => {
  const claims = { role: "authenticated", name: "Zoë" };
  expect(parseClaims(JSON.stringify(claims), NOW)).toEqual({ ok: true, claims, note: null });
  for (const text of [token(claims), `  Bearer ${token(claims)}\n`]) {
    expect(parseClaims(text, NOW)).toMatchObject({
      ok: true,
      claims,
      note: expect.stringContaining("not checked"),
    });
  }
});

test("an expired token is still simulated, and said to be expired", () => {
  expect(parseClaims(token({ role: "anon", exp: 1 }), NOW)).toMatchObject({
    ok: true,
    note: expect.stringContaining("has expired"),
  });
});

test.each([
  ["", "JSON object"],
  ["[1]", "JSON object"],
  ["{role}", "JSON object"],
  ["{}", "need a role"],
  [`${encode({})}.***.x`, "JSON object"],
  ["aaaa.bbbb.cccc", "cannot be read"],
])("%j is refused: %s", (text, error) => {
  expect(parseClaims(text, NOW)).toEqual({ ok: false, error: expect.stringContaining(error) });
});
