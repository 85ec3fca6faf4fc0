import path from "node:path";
import { z } from "zod";
import { ROOT } from "../prepare/run-step.mjs";

const Port = z.coerce.number().int().min(1).max(65_535);

const Environment = z.object({
  TIDEWIRE_HOME: z.string().min(1).default(path.join(ROOT, ".tidewire")),
  TIDEWIRE_WEB_PORT: Port.default(3000),
  TIDEWIRE_NODE_PORT: Port.default(4000),
  TIDEWIRE_POSTGRES_PORT: Port.default(54_329),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  NATS_URL: z.string().min(1).optional(),
  TIDEWIRE_ADMIN_EMAIL: z.email().default("admin@tidewire.local"),
  TIDEWIRE_ADMIN_PASSWORD: z.string().min(8).max(128).optional(),
  TIDEWIRE_SEED: z.string().min(1).optional(),
});

/** What the person who runs `npm start` decided, by the outside contract's variables. */
export interface Settings {
  home: string;
  webPort: number;
  nodePort: number;
  postgresPort: number;
  /** Absent: the embedded server is used. */
  databaseUrl?: string;
  natsUrl?: string;
  adminEmail: string;
  adminPassword?: string;
  seedFile?: string;
  nodes: number;
  dev: boolean;
}

/** @throws Error with one sentence that names the variable */
export function readSettings(env: NodeJS.ProcessEnv, options: { nodes: number; dev: boolean }): Settings {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${issue?.path.join(".")} is not usable: ${issue?.message}.`);
  }
  const value = parsed.data;
  return {
    home: path.resolve(value.TIDEWIRE_HOME),
    webPort: value.TIDEWIRE_WEB_PORT,
    nodePort: value.TIDEWIRE_NODE_PORT,
    postgresPort: value.TIDEWIRE_POSTGRES_PORT,
    databaseUrl: value.DATABASE_URL,
    natsUrl: value.NATS_URL,
    adminEmail: value.TIDEWIRE_ADMIN_EMAIL,
    adminPassword: value.TIDEWIRE_ADMIN_PASSWORD,
    seedFile: value.TIDEWIRE_SEED && path.resolve(value.TIDEWIRE_SEED),
    ...options,
  };
}

/** The first sign-in. The password is generated with the home unless the person named one. */
export function administrator(
  { adminEmail, adminPassword }: Settings,
  generated: { adminPassword: string },
): { email: string; password: string } {
  return { email: adminEmail, password: adminPassword ?? generated.adminPassword };
}
