import { createHmac } from "node:crypto";

const HOUR_S = 3_600;

export interface TokenClaims {
  role?: string;
  sub?: string;
  email?: string;
  /** Seconds since the epoch; default in one hour. `null` leaves it out. */
  exp?: unknown;
  [claim: string]: unknown;
}

/** An HS256 JWT of a signed-in user, as a project's auth server would issue it. Default role: `authenticated`. */
export function signUserToken(jwtSecret: string, claims: TokenClaims = {}): string {
  const nowS = Math.floor(Date.now() / 1_000);
  const { exp = nowS + HOUR_S, ...rest } = claims;
  const payload = { role: "authenticated", iat: nowS, ...rest, ...(exp === null ? {} : { exp }) };
  return signToken(jwtSecret, payload);
}

/** Signs whatever it is given, so that tests can make tokens no library would. */
export function signToken(
  jwtSecret: string,
  payload: unknown,
  header: object = { alg: "HS256", typ: "JWT" },
): string {
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", jwtSecret).update(signed).digest("base64url")}`;
}
