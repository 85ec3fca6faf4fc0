import { accessSync, constants } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import type { NatsAccess } from "./bus/nats-options.ts";
import { TrustedProxies } from "./http/client-address.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

/** Everything a node is told from outside. */
export interface NodeEnv {
  nodeId: string;
  region: string;
  /** Address the public listener binds to. */
  host: string;
  /** 0 = any free port. */
  port: number;
  /** The admin listener always binds to loopback unless `adminHost` says otherwise. */
  adminHost: string;
  adminPort: number;
  /** What clients and the dashboard are told; undefined = derived from host and bound port. */
  publicUrl: string | undefined;
  /** Where the dashboard reaches the admin listener, no trailing slash; undefined = derived from host and bound port. */
  adminUrl: string | undefined;
  controlDatabaseUrl: string;
  /** 32 bytes, base64. */
  secretsKey: string;
  /** Shared with the dashboard; signs its short-lived tokens. */
  nodeSecret: string;
  stateDir: string;
  natsUrl: string | undefined;
  natsAccess: NatsAccess;
  /** Of the dashboard, which answers the tenant API; no trailing slash. */
  controlUrl: string | undefined;
  metricsAccess: {
    /** When set, `/metrics` takes a token signed with it, on every port. */
    jwtSecret: string | undefined;
    /** Anybody may read `/metrics`, not only this machine. */
    isOpen: boolean;
  };
  /** Whose `X-Forwarded-For` is believed. */
  trustedProxies: TrustedProxies;
  drainMs: number;
  /** How long an answer of a project's policies is reused; 0 = every question is asked of the database by itself. */
  grantsFreshMs: number;
  ownerPid: number | undefined;
  logLevel: LogLevel;
}

/** The environment is unusable; `message` has one sentence per variable. */
export class EnvError extends Error {
  override readonly name = "EnvError";
}

/** Shorter secrets can be guessed from one token. */
const NODE_SECRET_LENGTH_MIN = 32;

const port = (name: string) =>
  z.coerce
    .number(`${name} must be a number.`)
    .int(`${name} must be a whole number.`)
    .min(0, `${name} must not be negative.`)
    .max(65_535, `${name} must be at most 65535.`);

const isUrl = (text: string, protocols: readonly string[]) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

const url = (name: string, protocols: readonly string[]) =>
  z.string(`${name} is not set.`).refine((text) => isUrl(text, protocols), {
    error: `${name} must be a URL that starts with ${protocols.map((p) => `${p}//`).join(" or ")}.`,
  });

/** One or more servers of one cluster, separated by commas. */
const natsUrl = z
  .string()
  .refine((text) => text.split(",").every((part) => isUrl(part.trim(), ["nats:", "tls:"])), {
    error: "NATS_URL must be a URL that starts with nats:// or tls://, or several separated by commas.",
  });

function toTrustedProxies(text: string, refuse: (message: string) => void): TrustedProxies {
  try {
    return new TrustedProxies(text.split(",").filter((range) => range.trim() !== ""));
  } catch {
    refuse("TIDEWIRE_TRUSTED_PROXIES must be addresses or ranges separated by commas, such as 10.0.0.0/8.");
    return new TrustedProxies();
  }
}

const readableFile = (name: string) =>
  z.string().refine(isReadable, { error: `${name} must be a file that this process can read.` });

const Variables = z.object({
  TIDEWIRE_NODE_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "TIDEWIRE_NODE_ID must be 1 to 64 letters, digits, - or _.")
    .default(() =>
      hostname()
        .replace(/[^A-Za-z0-9_-]/g, "-")
        .slice(0, 64),
    ),
  TIDEWIRE_REGION: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "TIDEWIRE_REGION must be 1 to 64 letters, digits, - or _.")
    .default("local-1"),
  TIDEWIRE_HOST: z.string().min(1, "TIDEWIRE_HOST must not be empty.").default("127.0.0.1"),
  TIDEWIRE_PORT: port("TIDEWIRE_PORT").default(4000),
  TIDEWIRE_ADMIN_HOST: z.string().min(1, "TIDEWIRE_ADMIN_HOST must not be empty.").default("127.0.0.1"),
  TIDEWIRE_ADMIN_PORT: port("TIDEWIRE_ADMIN_PORT").default(4900),
  TIDEWIRE_PUBLIC_URL: url("TIDEWIRE_PUBLIC_URL", ["http:", "https:"]).optional(),
  TIDEWIRE_ADMIN_URL: url("TIDEWIRE_ADMIN_URL", ["http:", "https:"])
    .transform((text) => text.replace(/\/+$/, ""))
    .optional(),
  TIDEWIRE_CONTROL_DATABASE_URL: url("TIDEWIRE_CONTROL_DATABASE_URL", ["postgresql:", "postgres:"]),
  TIDEWIRE_SECRETS_KEY: z
    .string("TIDEWIRE_SECRETS_KEY is not set.")
    .refine((text) => Buffer.from(text, "base64").length === 32, {
      error: "TIDEWIRE_SECRETS_KEY must be 32 bytes in base64 (openssl rand -base64 32).",
    }),
  TIDEWIRE_NODE_SECRET: z
    .string("TIDEWIRE_NODE_SECRET is not set.")
    .min(
      NODE_SECRET_LENGTH_MIN,
      `TIDEWIRE_NODE_SECRET must have at least ${NODE_SECRET_LENGTH_MIN} characters.`,
    ),
  TIDEWIRE_STATE_DIR: z
    .string("TIDEWIRE_STATE_DIR is not set: a directory for the encrypted last-known-good configuration.")
    .min(1, "TIDEWIRE_STATE_DIR must not be empty."),
  NATS_URL: natsUrl.optional(),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: z.string().optional(),
  NATS_TOKEN: z.string().optional(),
  NATS_CREDS: readableFile("NATS_CREDS").optional(),
  NATS_CA_FILE: readableFile("NATS_CA_FILE").optional(),
  NATS_CERT_FILE: readableFile("NATS_CERT_FILE").optional(),
  NATS_KEY_FILE: readableFile("NATS_KEY_FILE").optional(),
  TIDEWIRE_CONTROL_URL: url("TIDEWIRE_CONTROL_URL", ["http:", "https:"])
    .transform((text) => text.replace(/\/+$/, ""))
    .optional(),
  METRICS_JWT_SECRET: z.string().optional(),
  TIDEWIRE_METRICS: z.enum(["local", "open"], "TIDEWIRE_METRICS must be local or open.").default("local"),
  TIDEWIRE_TRUSTED_PROXIES: z
    .string()
    .default("")
    .transform((text, context) => toTrustedProxies(text, (message) => context.addIssue(message))),
  TIDEWIRE_DRAIN_MS: z.coerce
    .number("TIDEWIRE_DRAIN_MS must be a number of milliseconds.")
    .int("TIDEWIRE_DRAIN_MS must be a whole number of milliseconds.")
    .min(0, "TIDEWIRE_DRAIN_MS must not be negative.")
    .max(600_000, "TIDEWIRE_DRAIN_MS must be at most ten minutes.")
    .default(5_000),
  TIDEWIRE_GRANTS_FRESH_MS: z.coerce
    .number("TIDEWIRE_GRANTS_FRESH_MS must be a number of milliseconds.")
    .int("TIDEWIRE_GRANTS_FRESH_MS must be a whole number of milliseconds.")
    .min(0, "TIDEWIRE_GRANTS_FRESH_MS must not be negative.")
    .max(60_000, "TIDEWIRE_GRANTS_FRESH_MS must be at most a minute.")
    // Membership in a policy's tables may change without any sign.
    .default(3_000),
  TIDEWIRE_OWNER_PID: z.coerce
    .number("TIDEWIRE_OWNER_PID must be a process id.")
    .int("TIDEWIRE_OWNER_PID must be a process id.")
    .positive("TIDEWIRE_OWNER_PID must be a process id.")
    .optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}.`).default("info"),
});

/**
 * Reads a node's settings; an empty variable counts as not set.
 *
 * @throws EnvError with every problem, not only the first
 */
export function readEnv(source: Readonly<Record<string, string | undefined>>): NodeEnv {
  const given = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = Variables.safeParse(given);
  if (!parsed.success) throw new EnvError(parsed.error.issues.map((issue) => issue.message).join("\n"));
  const env = parsed.data;
  if ((env.NATS_CERT_FILE === undefined) !== (env.NATS_KEY_FILE === undefined))
    throw new EnvError("NATS_CERT_FILE and NATS_KEY_FILE must be set together.");
  return {
    nodeId: env.TIDEWIRE_NODE_ID,
    region: env.TIDEWIRE_REGION,
    host: env.TIDEWIRE_HOST,
    port: env.TIDEWIRE_PORT,
    adminHost: env.TIDEWIRE_ADMIN_HOST,
    adminPort: env.TIDEWIRE_ADMIN_PORT,
    publicUrl: env.TIDEWIRE_PUBLIC_URL,
    adminUrl: env.TIDEWIRE_ADMIN_URL,
    controlDatabaseUrl: env.TIDEWIRE_CONTROL_DATABASE_URL,
    secretsKey: env.TIDEWIRE_SECRETS_KEY,
    nodeSecret: env.TIDEWIRE_NODE_SECRET,
    stateDir: resolve(env.TIDEWIRE_STATE_DIR),
    natsUrl: env.NATS_URL,
    natsAccess: {
      user: env.NATS_USER,
      password: env.NATS_PASSWORD,
      token: env.NATS_TOKEN,
      credsFile: env.NATS_CREDS,
      caFile: env.NATS_CA_FILE,
      certFile: env.NATS_CERT_FILE,
      keyFile: env.NATS_KEY_FILE,
    },
    controlUrl: env.TIDEWIRE_CONTROL_URL,
    metricsAccess: { jwtSecret: env.METRICS_JWT_SECRET, isOpen: env.TIDEWIRE_METRICS === "open" },
    trustedProxies: env.TIDEWIRE_TRUSTED_PROXIES,
    drainMs: env.TIDEWIRE_DRAIN_MS,
    grantsFreshMs: env.TIDEWIRE_GRANTS_FRESH_MS,
    ownerPid: env.TIDEWIRE_OWNER_PID,
    logLevel: env.LOG_LEVEL,
  };
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
