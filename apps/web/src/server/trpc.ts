import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { OfProject } from "../lib/schemas/project.ts";
import type { Context } from "./context.ts";
import { Problem } from "./problem.ts";
import { findMemberships } from "./services/membership/find-memberships.ts";
import { findOwnProject } from "./services/projects/find-own-project.ts";
import { toTrpcError } from "./to-trpc-error.ts";
import type { MemberRole } from "./views/me.ts";

/** A silent stream is noticed after three missed pings; proxies that cut idle connections see traffic. */
const PING_MS = 3_000;

const t = initTRPC.context<Context>().create({
  transformer: superjson,
  sse: {
    ping: { enabled: true, intervalMs: PING_MS },
    client: { reconnectAfterInactivityMs: 3 * PING_MS + 1_000 },
  },
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: {
      ...shape.data,
      // A stack names files of this server; the browser has no use for it.
      stack: undefined,
      problem:
        error.cause instanceof Problem
          ? { code: error.cause.code, remedy: error.cause.remedy ?? null }
          : null,
    },
  }),
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

const translated = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw toTrpcError(result.error);
  return result;
});

const procedure = t.procedure.use(translated);

/** Somebody signed in who belongs to an organisation. */
export const memberProcedure = procedure.use(async ({ ctx, next }) => {
  if (ctx.user === null) throw new Problem("SignedOut");
  const memberships = await findMemberships(ctx.resources, ctx.user.id);
  const membership = memberships[0];
  if (membership === undefined) throw new Problem("NoMembership");
  return next({ ctx: { ...ctx, user: ctx.user, memberships, membership } });
});

/** A member of the organisation that owns the project named by `ref`. */
export const projectProcedure = memberProcedure.input(OfProject).use(async ({ ctx, input, next }) => {
  return next({ ctx: { ...ctx, ...(await findOwnProject(ctx, input.ref)) } });
});

const RANK: Record<MemberRole, number> = { viewer: 0, developer: 1, admin: 2, owner: 3 };

function hasRole(role: MemberRole, least: MemberRole): boolean {
  return RANK[role] >= RANK[least];
}

/** Lets members of at least this role through. */
export function atLeast(least: MemberRole) {
  return memberProcedure.use(({ ctx, next }) => {
    if (!hasRole(ctx.membership.role, least)) throw new Problem("RoleTooLow", { least });
    return next();
  });
}

/** As {@link projectProcedure}, for members of at least this role. */
export function projectAtLeast(least: MemberRole) {
  return projectProcedure.use(({ ctx, next }) => {
    if (!hasRole(ctx.membership.role, least)) throw new Problem("RoleTooLow", { least });
    return next();
  });
}
