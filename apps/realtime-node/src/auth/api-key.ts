import { createHash } from "node:crypto";
import type { ProjectKey } from "@tidewire/db/node-store";
import { Refusal } from "@tidewire/protocol/errors";
import type { Identity } from "./claims.ts";

const ROLE_OF = { publishable: "anon", secret: "service_role" } as const;

/** @throws Refusal InvalidAPIKey */
export function findKey(key: string, keys: readonly ProjectKey[], nowMs: number): ProjectKey {
  const hash = createHash("sha256").update(key).digest("hex");
  const known = keys.find((candidate) => candidate.hash === hash);
  if (known === undefined || (known.expiresAtMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
    throw new Refusal("InvalidAPIKey");
  }
  return known;
}

/** What Supabase's gateway does in front of its server: an opaque key becomes claims with a role. */
export function toIdentity(key: string, { kind, expiresAtMs }: ProjectKey): Identity {
  return { token: key, claims: { role: ROLE_OF[kind] }, expiresAtMs: expiresAtMs ?? null };
}
