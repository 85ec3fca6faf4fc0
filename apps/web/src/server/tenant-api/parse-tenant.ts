import type { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { z } from "zod";
import { parseExtensions, type TenantDatabase } from "./extension.ts";
import { InvalidTenant, type TenantErrors } from "./invalid-tenant.ts";

/** What a tenant shall be; absent = as it is, or the default. */
export interface TenantChange {
  externalId: string;
  name: string | undefined;
  jwtSecret: string | undefined;
  /** Null takes the key set away. */
  jwks: { keys: unknown[] } | null | undefined;
  database: TenantDatabase | undefined;
  limits: Partial<ProjectLimits>;
  settings: Partial<ProjectSettings>;
}

/** It is found by the first label of a host name. */
const EXTERNAL_ID = /^(?!\d+$)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
/** Larger payloads do not fit into a frame. */
const PAYLOAD_KB_MAX = 4_900;
const POOL_MAX = 50;

/** As Ecto casts: digits in a string are a number. */
const count = (max = Number.MAX_SAFE_INTEGER) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : (value ?? undefined)),
    z.int().positive().max(max).optional(),
  );
const flag = z.boolean().nullish();

/** What an operator may say of a tenant, beside its extensions. */
export const Fields = z.object({
  external_id: z.string().regex(EXTERNAL_ID, "must be a DNS label: letters, digits and - in small letters"),
  name: z.string().min(1).max(80).nullish(),
  jwt_secret: z.string().min(1).nullish(),
  jwt_jwks: z.object({ keys: z.array(z.unknown()).min(1) }).nullish(),
  suspend: flag,
  private_only: flag,
  presence_enabled: flag,
  max_concurrent_users: count(),
  max_channels_per_client: count(),
  max_joins_per_second: count(),
  max_events_per_second: count(),
  max_presence_events_per_second: count(),
  max_client_presence_events_per_window: count(),
  client_presence_window_ms: count(),
  max_payload_size_in_kb: count(PAYLOAD_KB_MAX),
  db_pool: count(POOL_MAX),
});

/**
 * The body of an upsert (protocol 10). What has no meaning here (`max_bytes_per_second`, `postgres_cdc_default`,
 * `broadcast_adapter`, `feature_flags`, the poller's settings) is let pass.
 *
 * @param id of the path; stands above the body's `external_id`
 * @throws InvalidTenant
 */
export function parseTenant(body: unknown, id?: string): TenantChange {
  const envelope = z.object({ tenant: z.record(z.string(), z.unknown()) }).safeParse(body);
  if (!envelope.success) throw new InvalidTenant({ tenant: ["can't be blank"] });
  const given = { ...envelope.data.tenant, ...(id !== undefined && { external_id: id }) };
  const parsed = Fields.safeParse(given);
  const errors = parsed.success ? {} : toErrors(parsed.error, given);
  const database = collect(errors, () => parseExtensions(envelope.data.tenant.extensions));
  if (!parsed.success || Object.keys(errors).length > 0) throw new InvalidTenant(errors);
  const tenant = parsed.data;
  return {
    externalId: tenant.external_id,
    name: tenant.name ?? undefined,
    jwtSecret: tenant.jwt_secret ?? undefined,
    jwks: tenant.jwt_jwks,
    database,
    limits: withoutAbsent<ProjectLimits>({
      maxConcurrentUsers: tenant.max_concurrent_users,
      maxChannelsPerClient: tenant.max_channels_per_client,
      maxJoinsPerSecond: tenant.max_joins_per_second,
      maxEventsPerSecond: tenant.max_events_per_second,
      maxPresenceEventsPerSecond: tenant.max_presence_events_per_second,
      maxClientPresenceEventsPerWindow: tenant.max_client_presence_events_per_window,
      clientPresenceWindowMs: tenant.client_presence_window_ms,
      maxPayloadSizeInKb: tenant.max_payload_size_in_kb,
      databasePool: tenant.db_pool ?? database?.pool,
    }),
    settings: withoutAbsent<ProjectSettings>({
      suspended: tenant.suspend ?? undefined,
      privateOnly: tenant.private_only ?? undefined,
      presenceEnabled: tenant.presence_enabled ?? undefined,
    }),
  };
}

/** What only a new tenant must have. @throws InvalidTenant */
export function requireWhole(change: TenantChange): TenantChange & { database: TenantDatabase } {
  const { database, jwtSecret, jwks } = change;
  const errors: TenantErrors = {};
  if (jwtSecret === undefined && !jwks) errors.jwt_secret = ["either jwt_secret or jwt_jwks is required"];
  if (database === undefined || Object.keys(errors).length > 0)
    throw new InvalidTenant(database === undefined ? { ...errors, extensions: ["can't be blank"] } : errors);
  return { ...change, database };
}

function toErrors(error: z.ZodError, given: Record<string, unknown>): TenantErrors {
  const errors: Record<string, string[]> = {};
  for (const issue of error.issues) {
    const field = String(issue.path[0]);
    const value = given[field];
    const isBlank = value === undefined || value === null || value === "";
    errors[field] ??= [isBlank ? "can't be blank" : toSentence(issue)];
  }
  return errors;
}

/** Ecto's words where it has some. */
function toSentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "too_small" && issue.origin !== "array") return "must be greater than 0";
  if (issue.code === "too_big" && issue.origin === "string")
    return `should be at most ${issue.maximum} character(s)`;
  if (issue.code === "too_big") return `must be less than or equal to ${issue.maximum}`;
  return issue.code === "invalid_format" ? issue.message : "is invalid";
}

function collect<T>(errors: TenantErrors, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidTenant)) throw error;
    Object.assign(errors, error.errors);
    return undefined;
  }
}

function withoutAbsent<T extends object>(values: { [K in keyof T]?: T[K] | undefined }): Partial<T> {
  // Absent and undefined are the same on the wire, and different to a spread.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
