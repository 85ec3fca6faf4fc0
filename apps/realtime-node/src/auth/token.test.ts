import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Refusal } from "@tidewire/protocol/errors";
import { describe, expect, test } from "vitest";
import { assertCurrent, UnusableToken, verifyToken } from "./token.ts";

const SECRET = "a-project-secret-of-thirty-two-characters";
const NOW_MS = 1_800_000_000_000;
const NOW = NOW_MS / 1_000;
const USER = { role: "authenticated", exp: NOW + 60, sub: "u1" };

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");

function compact(header: unknown, claims: unknown, signer: (input: string) => Buffer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signer(input).toString("base64url")}`;
}

const hmac = (hash: string, secret: string | Buffer) => (input: string) =>
  createHmac(hash, secret).update(input).digest();

const hs256 = (claims: unknown, header: object = {}) =>
  compact({ alg: "HS256", ...header }, claims, hmac("sha256", SECRET));

async function outcome(token: string, jwks: { keys: unknown[] } | null = null): Promise<unknown> {
  try {
    const verified = await verifyToken(token, { jwtSecret: SECRET, jwks });
    assertCurrent(verified, NOW_MS);
    return verified.claims;
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    if (error instanceof UnusableToken) return "unusable";
    throw error;
  }
}

const NO_SIGNER =
  "JwtSignerError: Failed to generate JWT signer, check your JWT secret or JWKS configuration";
const noSigner = (kid: string) =>
  `JwtSignerError: Failed to generate JWT signer for key ID (kid) "${kid}", check your JWT secret or JWKS configuration`;

describe("[7.5] HS256 token", () => {
  test.each([
    ["a valid token", hs256(USER), USER],
    ["spaces, line breaks and percent-encoding", ` ${hs256(USER).replace(/\./g, "%2E\n")} `, USER],
    ["a decimal exp is rounded", hs256({ ...USER, exp: NOW + 0.6 }), { ...USER, exp: NOW + 0.6 }],
    ["nbf and aud are not looked at", hs256({ ...USER, nbf: NOW + 99 }), { ...USER, nbf: NOW + 99 }],
    ["expired", hs256({ ...USER, exp: NOW - 5 }), "InvalidJWTToken: Token has expired 5 seconds ago"],
    [
      "expired longer ago than integers reach (found by the fuzz suite)",
      hs256({ ...USER, exp: -1e22 }),
      "InvalidJWTToken: Token has expired 9007199254740991 seconds ago",
    ],
    ["expiring now", hs256({ ...USER, exp: NOW }), "InvalidJWTToken: Token has expired 0 seconds ago"],
    ["no role", hs256({ exp: NOW + 9 }), "InvalidJWTToken: Fields `role` and `exp` are required in JWT"],
    ["no exp", hs256({ role: "anon" }), "InvalidJWTToken: Fields `role` and `exp` are required in JWT"],
    ["[12.3] exp as text", hs256({ ...USER, exp: "soon" }), "unusable"],
    ["[12.3] claims are a list", hs256([USER]), "unusable"],
    ["iat as text", hs256({ ...USER, iat: "now" }), "unusable"],
    ["header is a list", compact(["HS256"], USER, hmac("sha256", SECRET)), "unusable"],
    ["no token at all", "", "MalformedJWT: The token provided is not a valid JWT"],
    ["a plain word", "hello", "MalformedJWT: The token provided is not a valid JWT"],
    ["parts that are not JSON", "a.b.c", "MalformedJWT: The token provided is not a valid JWT"],
    ["broken percent-encoding", "%zz.b.c", "MalformedJWT: The token provided is not a valid JWT"],
    [
      "another secret",
      compact({ alg: "HS256" }, USER, hmac("sha256", "other")),
      "JwtSignatureError: Failed to validate JWT signature",
    ],
    [
      "an expired token with a wrong signature is told about the signature",
      compact({ alg: "HS256" }, { ...USER, exp: 1 }, hmac("sha256", "other")),
      "JwtSignatureError: Failed to validate JWT signature",
    ],
  ])("%s", async (_, token, expected) => {
    expect(await outcome(token)).toEqual(expected);
  });
});

describe("[7.5] choice of the key", () => {
  const other = Buffer.from("another-secret-that-is-in-the-key-set");
  const jwks = { keys: [{ kty: "oct", kid: "k1", k: other.toString("base64url") }] };

  test.each([
    ["HS384", "sha384"],
    ["HS512", "sha512"],
  ])("%s with the project's secret", async (alg, hash) => {
    expect(await outcome(compact({ alg }, USER, hmac(hash, SECRET)))).toEqual(USER);
  });

  test("HS256 with a kid of the key set uses that key", async () => {
    const token = compact({ alg: "HS256", kid: "k1" }, USER, hmac("sha256", other));
    expect(await outcome(token, jwks)).toEqual(USER);
  });

  test("HS256 with an unknown kid falls back to the project's secret", async () => {
    expect(await outcome(hs256(USER, { kid: "k2" }), jwks)).toEqual(USER);
  });

  test.each([
    ["none", { alg: "none" }],
    ["no alg", { alg: undefined }],
    ["an unknown alg", { alg: "PS256" }],
    ["a property every object has", { alg: "toString" }],
    ["[12.2] RS256 without a key set", { alg: "RS256", kid: "r1" }],
    ["[12.2] EdDSA without a key set", { alg: "EdDSA" }],
  ])("%s has no signer", async (_, header) => {
    expect(await outcome(hs256(USER, header))).toBe(NO_SIGNER);
  });

  test("[12.2] the kid is named when the key set does not have it", async () => {
    expect(await outcome(hs256(USER, { alg: "RS256", kid: "r1" }), jwks)).toBe(noSigner("r1"));
  });

  test("a kid of another key type is no signer: nobody signs HS256 with a public key", async () => {
    expect(await outcome(hs256(USER, { alg: "ES256", kid: "k1" }), jwks)).toBe(noSigner("k1"));
  });
});

describe("[7.5] asymmetric tokens", () => {
  const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
  const ecSign = (hash: string, key: KeyObject) => (input: string) =>
    sign(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const p256 = ec("P-256");
  const p384 = ec("P-384");
  const p521 = ec("P-521");
  const ed25519 = generateKeyPairSync("ed25519");
  const ed448 = generateKeyPairSync("ed448");
  const raw = (hash: string | null, key: KeyObject) => (input: string) => sign(hash, Buffer.from(input), key);

  const cases = [
    ["RS256", rsa, raw("sha256", rsa.privateKey)],
    ["RS512", rsa, raw("sha512", rsa.privateKey)],
    ["ES256", p256, ecSign("sha256", p256.privateKey)],
    ["ES384", p384, ecSign("sha384", p384.privateKey)],
    ["ES512", p521, ecSign("sha512", p521.privateKey)],
    ["EdDSA", ed25519, raw(null, ed25519.privateKey)],
    ["Ed25519", ed25519, raw(null, ed25519.privateKey)],
    ["EdDSA", ed448, raw(null, ed448.privateKey)],
    ["Ed448", ed448, raw(null, ed448.privateKey)],
  ] as const;

  test.each(cases)("%s is verified with the key of its kid", async (alg, pair, signer) => {
    const jwks = { keys: [{ ...pair.publicKey.export({ format: "jwk" }), kid: "x" }] };
    expect(await outcome(compact({ alg, kid: "x" }, USER, signer), jwks)).toEqual(USER);
    const forged = compact({ alg, kid: "x" }, USER, signer).replace(
      /\.[^.]*\./,
      `.${encode({ role: "service_role", exp: NOW + 9 })}.`,
    );
    expect(await outcome(forged, jwks)).toBe("JwtSignatureError: Failed to validate JWT signature");
  });

  test("a key of another curve than the alg says does not verify", async () => {
    const jwks = { keys: [{ ...p384.publicKey.export({ format: "jwk" }), kid: "x" }] };
    const token = compact({ alg: "ES256", kid: "x" }, USER, ecSign("sha256", p384.privateKey));
    expect(await outcome(token, jwks)).toBe("JwtSignatureError: Failed to validate JWT signature");
  });
});
