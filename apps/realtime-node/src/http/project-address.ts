import { isProjectRef } from "@tidewire/protocol/ids";

/** An external id is a DNS label; an address of digits is none. */
const EXTERNAL_ID = /^(?!\d+$)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
const PATH_PREFIX = /^\/p\/([^/]+)(\/.*)?$/;

/** Where a request says which project it means. */
export interface AddressedRequest {
  /** The `Host` header. */
  host: string | undefined;
  path: string;
  /** The API key or token, unverified. */
  credential: string | undefined;
}

/**
 * The project a request means, by the outside contract's order: first DNS label of the host, path prefix `/p/<ref>`,
 * `ref` claim of the key. When none of them is a project reference, the label may be an external id, as in Supabase's
 * `realtime-dev.example.com` (decision 0009).
 */
export function addressedProject({ host, path, credential }: AddressedRequest): string | undefined {
  const label = host?.split(":", 1)[0]?.split(".", 1)[0];
  if (label !== undefined && isProjectRef(label)) return label;
  const prefix = PATH_PREFIX.exec(path)?.[1];
  if (prefix !== undefined) return prefix;
  const claim = credential === undefined ? undefined : refClaim(credential);
  return claim ?? (label !== undefined && isSubdomain(host) && EXTERNAL_ID.test(label) ? label : undefined);
}

function isSubdomain(host: string | undefined): boolean {
  return host?.includes(".") ?? false;
}

/** The path without `/p/<ref>`. */
export function pathWithinProject(path: string): string {
  const match = PATH_PREFIX.exec(path);
  return match === null ? path : (match[2] ?? "/");
}

/** Read before the signature is checked: it only says with whose secret to check it. */
function refClaim(token: string): string | undefined {
  const claims = token.split(".")[1];
  if (claims === undefined) return undefined;
  try {
    const { ref } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8"));
    return typeof ref === "string" && isProjectRef(ref) ? ref : undefined;
  } catch {
    return undefined;
  }
}
