import { setTimeout as delay } from "node:timers/promises";
import { TapKind } from "@tidewire/protocol/cluster/tap";
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import type { NodeViews } from "./views.ts";

/** A parcel per this time is smooth to the eye and keeps a busy tail to ten writes per second. */
const PARCEL_MS = 100;
const EVENTS_PER_SECOND_DEFAULT = 200;
const EVENTS_PER_SECOND_MAX = 2_000;
/** The dashboard must notice a dead node quickly even when nothing happens on a project. */
const PING_MS = 2_000;

export interface NodeContext {
  /** Whether the request carried a valid dashboard token. */
  authorized: boolean;
  views: NodeViews;
}

const t = initTRPC.context<NodeContext>().create({
  transformer: superjson,
  sse: { ping: { enabled: true, intervalMs: PING_MS }, client: { reconnectAfterInactivityMs: 3 * PING_MS } },
});

const dashboard = t.procedure.use(({ ctx, next }) => {
  if (!ctx.authorized)
    throw new TRPCError({ code: "UNAUTHORIZED", message: "a dashboard token is required" });
  return next();
});

const OfProject = z.object({ ref: z.string() });
const TapInput = OfProject.extend({
  kinds: z.array(TapKind).optional(),
  topic: z.string().optional(),
  text: z.string().optional(),
  /** Also the way of each broadcast through every node; costs the cluster something while it lasts. */
  trace: z.boolean().optional(),
  maxPerSecond: z.int().positive().max(EVENTS_PER_SECOND_MAX).default(EVENTS_PER_SECOND_DEFAULT),
});

/** One node as the dashboard sees it. Served under `/trpc` on the admin port. */
export const nodeRouter = t.router({
  snapshot: dashboard.query(({ ctx }) => ctx.views.snapshot()),
  project: dashboard.input(OfProject).query(({ ctx, input }) => ctx.views.project(input.ref)),
  presence: dashboard
    .input(OfProject.extend({ topic: z.string().optional() }))
    .query(({ ctx, input }) => ctx.views.presence(input.ref, input.topic)),
  replication: dashboard.input(OfProject).query(({ ctx, input }) => ctx.views.replication(input.ref)),
  connections: dashboard.input(OfProject).query(({ ctx, input }) => ctx.views.connections(input.ref)),

  /** Begins with the recent events, at most ten parcels per second; ends only with the subscriber or the node. */
  tap: dashboard.input(TapInput).subscription(async function* ({ ctx, input, signal }) {
    const { maxPerSecond, ...filter } = input;
    const listener = ctx.views.tap.open(filter, { maxPerSecond });
    signal?.addEventListener("abort", () => listener.close(), { once: true });
    try {
      while (!listener.closed) {
        await listener.wait();
        const batch = listener.take();
        if (batch !== null) yield batch;
        await delay(PARCEL_MS, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      listener.close();
    }
  }),

  drain: dashboard.mutation(({ ctx }) => ctx.views.drain()),
  kick: dashboard
    .input(z.object({ connection: z.string() }))
    .mutation(({ ctx, input }) => ({ found: ctx.views.kick(input.connection) })),
  evict: dashboard
    .input(OfProject.extend({ topic: z.string(), phxRef: z.string() }))
    .mutation(({ ctx, input }) => ({ found: ctx.views.evict(input) })),
  forget: dashboard.input(OfProject).mutation(({ ctx, input }) => ctx.views.forget(input.ref)),
  shutdown: dashboard.input(OfProject).mutation(({ ctx, input }) => ctx.views.shutdown(input.ref)),
  reload: dashboard.input(OfProject).mutation(({ ctx, input }) => ctx.views.reload(input.ref)),
});

export type NodeRouter = typeof nodeRouter;
