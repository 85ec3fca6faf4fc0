import type { Db } from "@tidewire/db/client";
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import type { Env } from "./env.ts";

const LIMIT_WINDOW_S = 10;
/** Everything but signing in; a page asks for the session a few times. */
const REQUESTS_MAX = 200;
/** How long a session is believed without asking the control database: its outage signs nobody out at once. */
const SESSION_CACHE_S = 5 * 60;

/** People's sign-in. Nobody signs up by himself: the first owner comes from the bootstrap, others are invited. */
export function createAuth(
  db: Db,
  env: Pick<Env, "authSecret" | "authUrl" | "trustedOrigins" | "signInLimit">,
) {
  return betterAuth({
    appName: "Tidewire",
    baseURL: env.authUrl,
    secret: env.authSecret,
    trustedOrigins: env.trustedOrigins,
    database: prismaAdapter(db, { provider: "postgresql" }),
    emailAndPassword: { enabled: true, disableSignUp: true },
    session: { cookieCache: { enabled: true, maxAge: SESSION_CACHE_S } },
    rateLimit: {
      enabled: env.signInLimit !== null,
      window: LIMIT_WINDOW_S,
      max: REQUESTS_MAX,
      customRules: { "/sign-in/*": { window: LIMIT_WINDOW_S, max: env.signInLimit ?? REQUESTS_MAX } },
    },
    telemetry: { enabled: false },
    advanced: { cookiePrefix: "tidewire" },
    logger: { level: "warn" },
  });
}

export type Auth = ReturnType<typeof createAuth>;
