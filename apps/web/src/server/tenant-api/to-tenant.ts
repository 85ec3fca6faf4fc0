import type { Project } from "@tidewire/db/projects";
import { type SecretsKey, seal } from "@tidewire/db/secrets";
import { toSlotName } from "../services/projects/drop-slot.ts";
import { PUBLICATION } from "./extension.ts";

/** A project as the tenant API shows it (protocol 10). Where its database is stays sealed, the password is left out. */
export function toTenant(project: Project, databaseUrl: string | null, secretsKey: SecretsKey) {
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
