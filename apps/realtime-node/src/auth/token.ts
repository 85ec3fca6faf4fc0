import { verify } from "node:crypto";
import { Refusal } from "@tidewire/protocol/errors";
import { compactVerify } from "jose";
import type { Claims } from "./claims.ts";
import { findSigningKey, type SigningKey, type SigningSecrets } from "./signing-key.ts";

const MS_PER_SECOND = 1_000;

/** The token's claims cannot even be judged; a handshake answers 500 and a join "Unknown Error" (protocol 12.3). */
export class UnusableToken extends Error {
  override readonly name = "UnusableToken";
}

/** A token whose signature holds. Whether it still counts is asked by {@link assertCurrent}, again and again. */
export interface VerifiedToken {
  claims: Claims;
  /** Whole seconds, rounded; null when the claim is absent. */
  expSeconds: number | null;
}

/**
 * Verifies form and signature of a JWT (protocol 7.5). `aud` and `nbf` are not looked at.
 * @throws Refusal MalformedJWT, JwtSignerError, JwtSignatureError
 * @throws UnusableToken
 */
export async function verifyToken(token: string, secrets: SigningSecrets): Promise<VerifiedToken> {
  const compact = cleaned(token);
  const parts = compact.split(".");
  const [head, body] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined) throw new Refusal("MalformedJWT");
  const claims = parseObject(body, "claims");
  const header = parseObject(head, "header");
  await assertSignature(compact, findSigningKey(header, secrets));
  return { claims, expSeconds: numericDate(claims, "exp") };
}

/**
 * Whether a verified token counts at `nowMs`.
 * @throws Refusal InvalidJWTToken: expired, or without `role` or `exp`
 * @throws UnusableToken when `iat` is no number
 */
export function assertCurrent({ claims, expSeconds }: VerifiedToken, nowMs: number): void {
  if (expSeconds !== null) assertNotExpired(expSeconds * MS_PER_SECOND, nowMs);
  numericDate(claims, "iat");
  if (!Object.hasOwn(claims, "role") || expSeconds === null) {
    throw new Refusal("InvalidJWTToken", { message: "Fields `role` and `exp` are required in JWT" });
  }
}

/** @throws Refusal InvalidJWTToken, saying how long ago */
function assertNotExpired(expiresAtMs: number, nowMs: number): void {
  const secondsAgo = Math.floor(nowMs / MS_PER_SECOND) - Math.floor(expiresAtMs / MS_PER_SECOND);
  if (secondsAgo < 0) return;
  // Digits whatever the claim says: clients and the handshake read the number.
  const seconds = Math.min(secondsAgo, Number.MAX_SAFE_INTEGER);
  throw new Refusal("InvalidJWTToken", { message: `Token has expired ${seconds} seconds ago` });
}

/** Tokens arrive percent-encoded or broken over lines by hand. */
function cleaned(token: string): string {
  try {
    return decodeURIComponent(token).replace(/\s/g, "");
  } catch (cause) {
    throw new Refusal("MalformedJWT", { cause });
  }
}

function parseObject(part: string, what: string): Record<string, unknown> {
  const value = parseJson(Buffer.from(part, "base64url").toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UnusableToken(`${what} of the token must be an object`);
  }
  return value as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refusal("MalformedJWT", { cause });
  }
}

function numericDate(claims: Claims, name: "exp" | "iat"): number | null {
  const value = claims[name];
  if (value === undefined) return null;
  if (typeof value !== "number") throw new UnusableToken(`claim ${name} of the token must be a number`);
  return Math.round(value);
}

async function assertSignature(compact: string, { alg, key }: SigningKey): Promise<void> {
  // jose has no Ed448, and refuses a key of that curve under `EdDSA`.
  if (!(key instanceof Uint8Array) && key.asymmetricKeyType === "ed448") return assertEd448(compact, key);
  try {
    await compactVerify(compact, key, { algorithms: [alg] });
  } catch (cause) {
    throw new Refusal("JwtSignatureError", { cause });
  }
}

function assertEd448(compact: string, key: Parameters<typeof verify>[2]): void {
  const end = compact.lastIndexOf(".");
  const signature = Buffer.from(compact.slice(end + 1), "base64url");
  if (!verify(null, Buffer.from(compact.slice(0, end)), key, signature))
    throw new Refusal("JwtSignatureError");
}
