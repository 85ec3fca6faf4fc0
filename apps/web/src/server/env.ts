import { z } from "zod";

const postgresUrl = (name: string) =>
  z
    .string(`${name} is not set.`)
    .regex(/^postgres(ql)?:\/\//, `${name} must be a URL that starts with postgresql://.`);

const secret = (name: string) =>
  z.string(`${name} is not set.`).min(32, `${name} must have at least 32 characters.`);

const Environment = z.object({
  DATABASE_URL: postgresUrl("DATABASE_URL"),
  TIDEWIRE_NODE_DATABASE_URL: postgresUrl("TIDEWIRE_NODE_DATABASE_URL").optional(),
  TIDEWIRE_MANAGED_DATABASE_URL: postgresUrl("TIDEWIRE_MANAGED_DATABASE_URL").optional(),
  TIDEWIRE_SECRETS_KEY: z.string("TIDEWIRE_SECRETS_KEY is not set."),
  TIDEWIRE_NODE_SECRET: secret("TIDEWIRE_NODE_SECRET"),
  BETTER_AUTH_SECRET: secret("BETTER_AUTH_SECRET"),
  BETTER_AUTH_URL: z.url("BETTER_AUTH_URL must be a URL.").optional(),
  /** Further origins from which the dashboard may be used, separated by commas. */
  TIDEWIRE_TRUSTED_ORIGINS: z.string().optional(),
  /** Sign-in attempts per ten seconds and address, or `off`. */
  TIDEWIRE_SIGN_IN_LIMIT: z.union([z.literal("off"), z.coerce.number().int().positive()]).default(5),
  TIDEWIRE_HOME: z.string().min(1).default(".tidewire"),
  TIDEWIRE_NODE_PORT: z.coerce.number().int().min(1).max(64_000).default(4000),
  /** What clients are told when no node of a project's region has ever been seen. */
  TIDEWIRE_NODE_PUBLIC_URL: z.url("TIDEWIRE_NODE_PUBLIC_URL must be a URL.").optional(),
  TIDEWIRE_NODE_ENTRY: z.string().min(1).optional(),
  TIDEWIRE_DRAIN_MS: z.coerce.number().int().min(0).max(600_000).default(5_000),
  TIDEWIRE_FLEET: z.enum(["process", "off"]).default("process"),
  TIDEWIRE_OWNER_PID: z.coerce.number().int().positive().optional(),
  NATS_URL: z.string().min(1).optional(),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: z.string().optional(),
  NATS_TOKEN: z.string().optional(),
  NATS_CREDS: z.string().optional(),
  NATS_CA_FILE: z.string().optional(),
  NATS_CERT_FILE: z.string().optional(),
  NATS_KEY_FILE: z.string().optional(),
  /** Sign the tokens of the tenant API, now and after a rotation. Without any it refuses everybody. */
  API_JWT_SECRET: z.string().optional(),
  API_JWT_SECRET_NEXT: z.string().optional(),
  /** Tokens that are refused all the same, separated by commas. */
  API_TOKEN_BLOCKLIST: z.string().optional(),
  /** Where nodes that this dashboard starts reach it. */
  TIDEWIRE_CONTROL_URL: z.url("TIDEWIRE_CONTROL_URL must be a URL.").optional(),
  METRICS_JWT_SECRET: z.string().optional(),
  TIDEWIRE_METRICS: z.string().optional(),
  TIDEWIRE_TRUSTED_PROXIES: z.string().optional(),
  TIDEWIRE_GRANTS_FRESH_MS: z.string().optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
});

/** Everything the dashboard's server is told from outside. */
export interface Env {
  databaseUrl: string;
  nodeDatabaseUrl: string;
  managedDatabaseUrl: string;
  secretsKey: string;
  nodeSecret: string;
  authSecret: string;
  authUrl: string;
  trustedOrigins: string[];
  /** Per ten seconds and address; null: no limit. */
  signInLimit: number | null;
  homeDir: string;
  firstNodePort: number;
  nodePublicUrl: string;
  nodeEntry: string | null;
  drainMs: number;
  fleet: "process" | "off";
  ownerPid: number | undefined;
  /** Handed to the nodes as they are: the dashboard itself does not use NATS. */
  nats: Readonly<Record<string, string | undefined>>;
  apiJwtSecrets: string[];
  apiTokenBlocklist: string[];
  controlUrl: string;
  /** Handed to the nodes as they are. */
  ofNodes: Readonly<Record<string, string | undefined>>;
  logLevel: string;
}

/** The environment is unusable; `message` has one sentence per variable. */
export class EnvError extends Error {
  override readonly name = "EnvError";
}

/**
 * Reads the server's settings; an empty variable counts as not set.
 *
 * @throws EnvError with every problem, not only the first
 */
export function readEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const given = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = Environment.safeParse(given);
  if (!parsed.success) throw new EnvError(parsed.error.issues.map((issue) => issue.message).join("\n"));
  const env = parsed.data;
  const authUrl = env.BETTER_AUTH_URL ?? `http://localhost:${env.PORT}`;
  return {
    databaseUrl: env.DATABASE_URL,
    nodeDatabaseUrl: env.TIDEWIRE_NODE_DATABASE_URL ?? env.DATABASE_URL,
    managedDatabaseUrl: env.TIDEWIRE_MANAGED_DATABASE_URL ?? env.DATABASE_URL,
    secretsKey: env.TIDEWIRE_SECRETS_KEY,
    nodeSecret: env.TIDEWIRE_NODE_SECRET,
    authSecret: env.BETTER_AUTH_SECRET,
    authUrl,
    trustedOrigins: toOrigins(authUrl, env.TIDEWIRE_TRUSTED_ORIGINS),
    signInLimit: env.TIDEWIRE_SIGN_IN_LIMIT === "off" ? null : env.TIDEWIRE_SIGN_IN_LIMIT,
    homeDir: env.TIDEWIRE_HOME,
    firstNodePort: env.TIDEWIRE_NODE_PORT,
    nodePublicUrl: env.TIDEWIRE_NODE_PUBLIC_URL ?? `http://localhost:${env.TIDEWIRE_NODE_PORT}`,
    nodeEntry: env.TIDEWIRE_NODE_ENTRY ?? null,
    drainMs: env.TIDEWIRE_DRAIN_MS,
    fleet: env.TIDEWIRE_FLEET,
    ownerPid: env.TIDEWIRE_OWNER_PID,
    nats: Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("NATS_"))) as Env["nats"],
    apiJwtSecrets: [env.API_JWT_SECRET, env.API_JWT_SECRET_NEXT].filter((secret) => secret !== undefined),
    apiTokenBlocklist: toList(env.API_TOKEN_BLOCKLIST),
    controlUrl: env.TIDEWIRE_CONTROL_URL ?? `http://127.0.0.1:${env.PORT}`,
    ofNodes: {
      METRICS_JWT_SECRET: env.METRICS_JWT_SECRET,
      TIDEWIRE_METRICS: env.TIDEWIRE_METRICS,
      TIDEWIRE_TRUSTED_PROXIES: env.TIDEWIRE_TRUSTED_PROXIES,
      TIDEWIRE_GRANTS_FRESH_MS: env.TIDEWIRE_GRANTS_FRESH_MS,
    },
    logLevel: env.LOG_LEVEL,
  };
}

/** Loopback has two names, and browsers treat them as two origins. */
function toOrigins(authUrl: string, more: string | undefined): string[] {
  const { origin, protocol, port, hostname } = new URL(authUrl);
  const origins = new Set([origin]);
  if (hostname === "localhost" || hostname === "127.0.0.1") {
    for (const name of ["localhost", "127.0.0.1"]) origins.add(`${protocol}//${name}${port && `:${port}`}`);
  }
  for (const extra of toList(more)) origins.add(extra);
  return [...origins];
}

function toList(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
