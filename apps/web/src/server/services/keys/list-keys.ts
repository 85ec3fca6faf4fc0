import { type ApiKey, listApiKeys } from "@tidewire/db/api-keys";
import type { ProjectScope } from "../../context.ts";
import type { KeyList, KeyView } from "../../views/key.ts";

export async function listKeys({ resources, project }: ProjectScope): Promise<KeyList> {
  const keys = await listApiKeys(resources, project.ref);
  return {
    keys: keys.flatMap((key) => toKeyView(key) ?? []),
    anonKey: keys.find(({ kind, revokedAt }) => kind === "anon" && revokedAt === null)?.value ?? null,
  };
}

/** Undefined for legacy keys, which are shown elsewhere. */
function toKeyView({
  id,
  kind,
  name,
  prefix,
  value,
  createdAt,
  lastUsedAt,
  revokedAt,
  expiresAt,
}: ApiKey): KeyView | undefined {
  if (kind !== "publishable" && kind !== "secret") return undefined;
  return {
    id,
    kind,
    name,
    prefix,
    key: value,
    createdAtMs: createdAt.getTime(),
    lastUsedAtMs: lastUsedAt?.getTime() ?? null,
    revokedAtMs: revokedAt?.getTime() ?? null,
    expiresAtMs: expiresAt?.getTime() ?? null,
  };
}
