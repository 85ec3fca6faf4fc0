import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Credentials } from "./credentials.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const PUBLISHABLE = "tw_publishable_abc";
const SECRET = "sb_secret_def";
const ENDED = "tw_secret_ended";

const project = {
  ref: "abcdefghijklmnopqrst",
  version: 1,
  jwtSecret: "secret-one",
  jwks: null,
  keys: [
    { kind: "publishable" as const, hash: sha256(PUBLISHABLE) },
    { kind: "secret" as const, hash: sha256(SECRET) },
    { kind: "secret" as const, hash: sha256(ENDED), expiresAtMs: 1_000_000 },
  ],
};

function tokenUntil(expSeconds: number, secret = project.jwtSecret): string {
  const parts = [{ alg: "HS256" }, { role: "anon", exp: expSeconds }];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

describe("[7.6] opaque keys", () => {
  const credentials = new Credentials(() => 1_000_000);

  test("a publishable key acts as anon, a secret key as service_role", async () => {
    expect(await credentials.identify(PUBLISHABLE, project)).toMatchObject({
      claims: { role: "anon" },
      expiresAtMs: null,
    });
    expect(await credentials.identify(SECRET, project)).toMatchObject({ claims: { role: "service_role" } });
  });

  test.each(["tw_publishable_unknown", `${SECRET}x`, ENDED])("%s is refused", async (key) => {
    await expect(credentials.identify(key, project)).rejects.toMatchObject({ code: "InvalidAPIKey" });
  });
});

describe("remembered tokens", () => {
  test("expiry is judged at every question, also of a token that was verified before", async () => {
    let nowMs = 1_000_000;
    const credentials = new Credentials(() => nowMs);
    const token = tokenUntil(1_010);
    expect(await credentials.identify(token, project)).toMatchObject({ expiresAtMs: 1_010_000 });
    nowMs = 1_012_000;
    await expect(credentials.identify(token, project)).rejects.toThrow("Token has expired 2 seconds ago");
  });

  test("a changed secret counts at once", async () => {
    const credentials = new Credentials(() => 1_000_000);
    const token = tokenUntil(2_000);
    await credentials.identify(token, project);
    const changed = { ...project, version: 2, jwtSecret: "secret-two" };
    await expect(credentials.identify(token, changed)).rejects.toMatchObject({ code: "JwtSignatureError" });
  });

  test("a token of one project is no token of another", async () => {
    const credentials = new Credentials(() => 1_000_000);
    const token = tokenUntil(2_000);
    await credentials.identify(token, project);
    const other = { ...project, ref: "bbbbbbbbbbbbbbbbbbbb", jwtSecret: "other" };
    await expect(credentials.identify(token, other)).rejects.toMatchObject({ code: "JwtSignatureError" });
  });
});
