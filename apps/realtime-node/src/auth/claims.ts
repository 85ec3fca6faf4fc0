/** The claims object of a token, as policies will see it in `request.jwt.claims`. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who a connection or a channel acts as. */
export interface Identity {
  /** As the client sent it; compared to notice an unchanged token. */
  readonly token: string;
  readonly claims: Claims;
  /** Epoch milliseconds; null for a key that does not end. */
  readonly expiresAtMs: number | null;
}

/** The database role that these claims ask for. */
export function roleOf(claims: Claims): string {
  return typeof claims.role === "string" ? claims.role : "";
}

/** The user's id, when the claims name one. */
export function userOf(claims: Claims): string | undefined {
  return typeof claims.sub === "string" && claims.sub !== "" ? claims.sub : undefined;
}
