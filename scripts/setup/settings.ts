import { z } from "zod";

const required = (name: string) => z.string(`${name} is not set.`);

const postgresUrl = (name: string) =>
  required(name).regex(/^postgres(ql)?:\/\//, `${name} must be a URL that starts with postgresql://.`);

const Environment = z.object({
  DATABASE_URL: postgresUrl("DATABASE_URL"),
  TIDEWIRE_MANAGED_DATABASE_URL: postgresUrl("TIDEWIRE_MANAGED_DATABASE_URL").optional(),
  TIDEWIRE_NODE_DATABASE_PASSWORD: required("TIDEWIRE_NODE_DATABASE_PASSWORD").min(
    16,
    "TIDEWIRE_NODE_DATABASE_PASSWORD must have at least 16 characters.",
  ),
  TIDEWIRE_SECRETS_KEY: required("TIDEWIRE_SECRETS_KEY").refine(
    (text) => Buffer.from(text, "base64").length === 32,
    { error: "TIDEWIRE_SECRETS_KEY must be 32 bytes in base64 (openssl rand -base64 32)." },
  ),
  BETTER_AUTH_SECRET: required("BETTER_AUTH_SECRET").min(
    32,
    "BETTER_AUTH_SECRET must have at least 32 characters.",
  ),
  TIDEWIRE_ADMIN_EMAIL: z
    .email("TIDEWIRE_ADMIN_EMAIL must be an e-mail address.")
    .default("admin@tidewire.local"),
  TIDEWIRE_ADMIN_PASSWORD: required("TIDEWIRE_ADMIN_PASSWORD")
    .min(8, "TIDEWIRE_ADMIN_PASSWORD must have at least 8 characters.")
    .max(128, "TIDEWIRE_ADMIN_PASSWORD must have at most 128 characters."),
  TIDEWIRE_REGIONS: z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64})*$/,
      "TIDEWIRE_REGIONS must be region names of letters, digits, - or _, separated by commas.",
    )
    .default("local-1"),
  TIDEWIRE_SEED: z.string().optional(),
});

/** What a deployment decides about its first state. */
export interface SetupSettings {
  /** Control database, as its owner, who may create roles. */
  databaseUrl: string;
  /** Server on which managed databases are made. */
  managedUrl: string;
  nodeDatabasePassword: string;
  secretsKey: string;
  authSecret: string;
  admin: { email: string; password: string };
  regions: [string, ...string[]];
  seedFile: string | undefined;
}

/**
 * Reads the job's settings; an empty variable counts as not set.
 *
 * @throws Error with one sentence per variable that is not usable
 */
export function readSetupSettings(source: Readonly<Record<string, string | undefined>>): SetupSettings {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) throw new Error(parsed.error.issues.map((issue) => issue.message).join("\n"));
  const env = parsed.data;
  const [first = "", ...others] = env.TIDEWIRE_REGIONS.split(",");
  return {
    databaseUrl: env.DATABASE_URL,
    managedUrl: env.TIDEWIRE_MANAGED_DATABASE_URL ?? env.DATABASE_URL,
    nodeDatabasePassword: env.TIDEWIRE_NODE_DATABASE_PASSWORD,
    secretsKey: env.TIDEWIRE_SECRETS_KEY,
    authSecret: env.BETTER_AUTH_SECRET,
    admin: { email: env.TIDEWIRE_ADMIN_EMAIL, password: env.TIDEWIRE_ADMIN_PASSWORD },
    regions: [first, ...others],
    seedFile: env.TIDEWIRE_SEED,
  };
}
