import { SignJWT } from "jose";

const AUDIENCE = "tidewire-node";
const LIFE_S = 60;
/** A token is used again until this much of its life is left. */
const REST_MS = 20_000;

/** Short-lived tokens for the nodes' admin ports, signed with the secret that web and nodes share. */
export class NodeTokens {
  readonly #secret: Uint8Array;
  readonly #nowMs: () => number;
  #current: { text: string; expiresAtMs: number } | undefined;

  constructor(secret: string, nowMs: () => number) {
    this.#secret = new TextEncoder().encode(secret);
    this.#nowMs = nowMs;
  }

  async token(): Promise<string> {
    const nowMs = this.#nowMs();
    if (this.#current !== undefined && this.#current.expiresAtMs - nowMs > REST_MS) return this.#current.text;
    const issuedAt = Math.floor(nowMs / 1000);
    const text = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("tidewire-web")
      .setAudience(AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFE_S)
      .sign(this.#secret);
    this.#current = { text, expiresAtMs: (issuedAt + LIFE_S) * 1000 };
    return text;
  }
}
