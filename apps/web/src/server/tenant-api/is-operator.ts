import { jwtVerify } from "jose";

interface Secrets {
  /** The one in use and the next; either signs. */
  apiJwtSecrets: readonly string[];
  apiTokenBlocklist: readonly string[];
}

const ALGORITHMS = ["HS256", "HS384", "HS512"];

/**
 * Whether a request may use the tenant API: a bearer token signed with one of its secrets, not run out, not on the
 * blocklist (protocol 10). Nobody may when no secret is set.
 */
export async function isOperator(
  headers: Headers,
  { apiJwtSecrets, apiTokenBlocklist }: Secrets,
): Promise<boolean> {
  const token = /^bearer\s+(\S+)\s*$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (token === undefined || apiTokenBlocklist.includes(token)) return false;
  for (const secret of apiJwtSecrets) {
    const key = new TextEncoder().encode(secret);
    const isSigned = await jwtVerify(token, key, { algorithms: ALGORITHMS }).then(
      () => true,
      () => false,
    );
    if (isSigned) return true;
  }
  return false;
}
