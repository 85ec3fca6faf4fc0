import { createHash } from "node:crypto";
import { Refusal } from "@tidewire/protocol/errors";
import type { Identity } from "./claims.ts";

interface ProjectKey {
  kind: "publishable" | "secret";
  /** SHA-256 of the whole key, in hex. */
  hash: string;
  expiresAtMs?: number;
}

const ROLE_OF = { publishable: "anon", secret: "service_role" } as const;

/**
 * What Supabase's gateway does in front of its server: an opaque key becomes claims with a role.
 * @throws Refusal InvalidAPIKey
 */
export function identifyKey(key: string, keys: readonly ProjectKey[], nowMs: number): Identity {
  const hash = createHash("sha256").update(key).digest("hex");
  const known = keys.find((candidate) => candidate.hash === hash);
  if (known === undefined || (known.expiresAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
    throw new Refusal("InvalidAPIKey");
  }
  return { token: key, claims: { role: ROLE_OF[known.kind] }, expiresAtMs: known.expiresAtMs ?? null };
}
