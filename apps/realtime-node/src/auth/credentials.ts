import type { ProjectRecord } from "@tidewire/db/node-store";
import { isApiKey } from "@tidewire/protocol/supabase/join";
import { findKey, toIdentity } from "./api-key.ts";
import type { Identity } from "./claims.ts";
import { assertCurrent, type VerifiedToken, verifyToken } from "./token.ts";

/** About 8 MB of tokens; a reconnect storm of more different users than this verifies some of them again. */
const REMEMBERED_MAX = 4_096;

type KnownProject = Pick<ProjectRecord, "ref" | "version" | "jwtSecret" | "jwks" | "keys">;

/**
 * Tells who a credential stands for. Signatures that held are remembered, so a burst of joins with one token verifies
 * once; expiry is judged anew at every question, and a change of the project's secrets forgets everything about it.
 */
export class Credentials {
  readonly #nowMs: () => number;
  readonly #onKeyUsed: (hash: string) => void;
  readonly #verified = new Map<string, Promise<VerifiedToken>>();

  /** @param nowMs epoch milliseconds */
  constructor(nowMs: () => number, onKeyUsed: (hash: string) => void = () => undefined) {
    this.#nowMs = nowMs;
    this.#onKeyUsed = onKeyUsed;
  }

  /**
   * @throws Refusal InvalidAPIKey, MalformedJWT, InvalidJWTToken, JwtSignatureError, JwtSignerError
   * @throws UnusableToken
   */
  async identify(credential: string, project: KnownProject): Promise<Identity> {
    if (isApiKey(credential)) return this.#identifyKey(credential, project);
    const verified = await this.#verify(credential, project);
    assertCurrent(verified, this.#nowMs());
    const expiresAtMs = verified.expSeconds === null ? null : verified.expSeconds * 1_000;
    return { token: credential, claims: verified.claims, expiresAtMs };
  }

  #identifyKey(credential: string, { keys }: KnownProject): Identity {
    const known = findKey(credential, keys, this.#nowMs());
    this.#onKeyUsed(known.hash);
    return toIdentity(credential, known);
  }

  #verify(token: string, project: KnownProject): Promise<VerifiedToken> {
    const key = `${project.ref} ${project.version} ${token}`;
    const known = this.#verified.get(key);
    if (known !== undefined) return known;
    const verifying = verifyToken(token, project);
    this.#verified.set(key, verifying);
    verifying.catch(() => this.#verified.delete(key));
    if (this.#verified.size > REMEMBERED_MAX) this.#forgetOldest();
    return verifying;
  }

  #forgetOldest(): void {
    const oldest = this.#verified.keys().next();
    if (!oldest.done) this.#verified.delete(oldest.value);
  }
}
