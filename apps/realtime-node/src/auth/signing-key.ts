import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { Refusal } from "@tidewire/protocol/errors";
import { z } from "zod";

/** What tokens of a project are signed with. */
export interface SigningSecrets {
  jwtSecret: string;
  jwks: { keys: unknown[] } | null;
}

export interface TokenHeader {
  alg?: unknown;
  kid?: unknown;
}

/** A key ready for use; `alg` is one of those below. */
export interface SigningKey {
  alg: string;
  key: Uint8Array | KeyObject;
}

const Jwk = z.looseObject({ kty: z.string(), kid: z.string(), k: z.string().optional() });
type Jwk = z.infer<typeof Jwk>;

/** Protocol 7.5; `none`, PS* and everything else lead to no signer. */
const KEY_TYPE_OF: Readonly<Record<string, string>> = {
  HS256: "oct",
  HS384: "oct",
  HS512: "oct",
  RS256: "RSA",
  RS384: "RSA",
  RS512: "RSA",
  ES256: "EC",
  ES384: "EC",
  ES512: "EC",
  EdDSA: "OKP",
  Ed25519: "OKP",
  Ed448: "OKP",
};

/**
 * The key that a token's header names: the JWKS entry with that `kid`, or for HS* the project's secret.
 * @throws Refusal JwtSignerError; its sentence names the kid only when there is a JWKS without it (protocol 12.2)
 */
export function findSigningKey(header: TokenHeader, secrets: SigningSecrets): SigningKey {
  const alg =
    typeof header.alg === "string" && Object.hasOwn(KEY_TYPE_OF, header.alg) ? header.alg : undefined;
  if (alg === undefined) throw new Refusal("JwtSignerError");
  const jwk = findJwk(header.kid, KEY_TYPE_OF[alg], secrets);
  if (alg.startsWith("HS")) return { alg, key: symmetricKey(jwk, secrets) };
  if (jwk === undefined) throw noSigner(secrets.jwks === null ? undefined : header.kid);
  return { alg, key: publicKey(jwk) };
}

/** The sentence for the client is exact in every character (protocol 1.4). */
function noSigner(kid: unknown, cause?: unknown): Refusal {
  if (typeof kid !== "string") return new Refusal("JwtSignerError", { cause });
  const message = `Failed to generate JWT signer for key ID (kid) "${kid}", check your JWT secret or JWKS configuration`;
  return new Refusal("JwtSignerError", { message, cause });
}

function findJwk(kid: unknown, kty: string | undefined, { jwks }: SigningSecrets): Jwk | undefined {
  if (jwks === null || typeof kid !== "string") return undefined;
  for (const entry of jwks.keys) {
    const parsed = Jwk.safeParse(entry);
    if (parsed.success && parsed.data.kid === kid && parsed.data.kty === kty) return parsed.data;
  }
  return undefined;
}

function symmetricKey(jwk: Jwk | undefined, { jwtSecret }: SigningSecrets): Uint8Array {
  return jwk?.k === undefined ? new TextEncoder().encode(jwtSecret) : Buffer.from(jwk.k, "base64url");
}

function publicKey(jwk: Jwk): KeyObject {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  } catch (cause) {
    throw noSigner(jwk.kid, cause);
  }
}
