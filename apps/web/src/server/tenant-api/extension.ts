import { z } from "zod";
import { InvalidTenant } from "./invalid-tenant.ts";

/** The one publication that nodes stream. */
export const PUBLICATION = "supabase_realtime";
const REQUIRED = ["region", "db_host", "db_port", "db_name", "db_user", "db_password"] as const;

/** Settings of Supabase's CDC extension; those of its poller mean nothing here and are let pass. */
export const Settings = z.object({
  region: z.string().min(1),
  db_host: z.string().min(1),
  db_port: z.string().regex(/^\d{1,5}$/),
  db_name: z.string().min(1),
  db_user: z.string().min(1),
  db_password: z.string().min(1),
  ssl_enforced: z.boolean().default(true),
  db_pool: z.int().positive().max(50).optional(),
  publication: z.literal(PUBLICATION).default(PUBLICATION),
});

export const Extension = z.object({
  type: z.enum(["postgres_cdc_rls", "postgres"]),
  settings: z.record(z.string(), z.unknown()),
});

export interface TenantDatabase {
  region: string;
  url: string;
  pool: number | undefined;
}

/** The database of a tenant's first extension; undefined when none is given. @throws InvalidTenant */
export function parseExtensions(extensions: unknown): TenantDatabase | undefined {
  if (extensions === undefined) return undefined;
  if (!Array.isArray(extensions)) throw new InvalidTenant({ extensions: ["is invalid"] });
  if (extensions.length === 0) throw new InvalidTenant({ extensions: ["can't be blank"] });
  const extension = Extension.safeParse(extensions[0]);
  if (!extension.success) throw new InvalidTenant({ extensions: ["is invalid"] });
  const given = extension.data.settings;
  const settings = Settings.safeParse(given);
  if (settings.success) {
    const { region, db_pool } = settings.data;
    return { region, pool: db_pool, url: toDatabaseUrl(settings.data) };
  }
  const fields = new Set(settings.error.issues.map(({ path }) => String(path[0])));
  const isBlank = (field: string) =>
    given[field] === undefined || given[field] === null || given[field] === "";
  throw new InvalidTenant({
    extensions: [
      {
        settings: [...fields].map((field) => {
          if (field === "publication") return `publication must be ${PUBLICATION}`;
          return REQUIRED.some((name) => name === field) && isBlank(field)
            ? `${field} can't be blank`
            : `${field} is invalid`;
        }),
      },
    ],
  });
}

function toDatabaseUrl(settings: z.infer<typeof Settings>): string {
  const { db_host: host, db_port, db_name, db_user, db_password, ssl_enforced } = settings;
  const url = URL.parse(`postgresql://${host.includes(":") ? `[${host}]` : host}:${db_port}`);
  if (url === null) throw new InvalidTenant({ extensions: [{ settings: ["db_host is invalid"] }] });
  url.username = encodeURIComponent(db_user);
  url.password = encodeURIComponent(db_password);
  url.pathname = `/${encodeURIComponent(db_name)}`;
  // Encrypted, the certificate unchecked, as Supabase connects; pg takes `require` alone for a full check.
  if (ssl_enforced) url.search = "?uselibpqcompat=true&sslmode=require";
  return url.href;
}
