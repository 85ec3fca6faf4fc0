import type { Project } from "@tidewire/db/projects";
import { type SecretsKey, seal } from "@tidewire/db/secrets";
import { z } from "zod";
import { toSlotName } from "../services/projects/drop-slot.ts";
import { PUBLICATION } from "./extension.ts";

const ShownExtension = z.object({
  type: z.literal("postgres_cdc_rls"),
  settings: z.record(z.string(), z.unknown()),
  inserted_at: z.string(),
  updated_at: z.string(),
});

/** What the tenant API shows of a tenant. */
export const ShownTenant = z.object({
  id: z.string(),
  external_id: z.string(),
  name: z.string(),
  max_concurrent_users: z.int(),
  max_channels_per_client: z.int(),
  max_events_per_second: z.int(),
  max_joins_per_second: z.int(),
  inserted_at: z.string(),
  extensions: z.array(ShownExtension),
  private_only: z.boolean(),
  max_client_presence_events_per_window: z.int(),
  client_presence_window_ms: z.int(),
  presence_enabled: z.boolean(),
});
export type ShownTenant = z.infer<typeof ShownTenant>;

/** A project as the tenant API shows it (protocol 10). Where its database is stays sealed, the password is left out. */
export function toTenant(project: Project, databaseUrl: string | null, secretsKey: SecretsKey): ShownTenant {
  const { ref, externalId, name, limits, settings, createdAt, updatedAt } = project;
  return {
    id: ref,
    external_id: externalId,
    name,
    max_concurrent_users: limits.maxConcurrentUsers,
    max_channels_per_client: limits.maxChannelsPerClient,
    max_events_per_second: limits.maxEventsPerSecond,
    max_joins_per_second: limits.maxJoinsPerSecond,
    inserted_at: toNaive(createdAt),
    extensions:
      databaseUrl === null
        ? []
        : [
            {
              type: "postgres_cdc_rls",
              settings: toSettings(project, new URL(databaseUrl), secretsKey),
              inserted_at: toNaive(createdAt),
              updated_at: toNaive(updatedAt),
            },
          ],
    private_only: settings.privateOnly,
    max_client_presence_events_per_window: limits.maxClientPresenceEventsPerWindow,
    client_presence_window_ms: limits.clientPresenceWindowMs,
    presence_enabled: settings.presenceEnabled,
  };
}

function toSettings({ ref, regionId, limits }: Project, url: URL, secretsKey: SecretsKey) {
  const sealed = (text: string) => seal(secretsKey, decodeURIComponent(text), `tenant.settings:${ref}`);
  return {
    region: regionId,
    db_host: sealed(url.hostname),
    db_port: sealed(url.port || "5432"),
    db_name: sealed(url.pathname.slice(1)),
    db_user: sealed(url.username),
    db_pool: limits.databasePool,
    ssl_enforced: url.searchParams.get("sslmode") === "require",
    publication: PUBLICATION,
    slot_name: toSlotName(ref),
  };
}

/** Ecto's timestamps: UTC without saying so, whole seconds. */
function toNaive(date: Date): string {
  return date.toISOString().slice(0, 19);
}
