import { z } from "zod";

/** How things stand on a node, for the dashboard, over tRPC on its admin port. Times are epoch milliseconds. */

export const PresenceMember = z.object({
  topic: z.string(),
  private: z.boolean(),
  key: z.string(),
  phxRef: z.string(),
  metaJson: z.string(),
  node: z.string(),
  region: z.string(),
  channel: z.string(),
  connection: z.string().optional(),
  sinceMs: z.number(),
  /** Only the member's own node knows these three. */
  lastByteMs: z.number().optional(),
  pingsOutstanding: z.number().optional(),
  bufferedBytes: z.number().optional(),
  /** When silence will close the socket, if it lasts. */
  evictAtMs: z.number().optional(),
  state: z.enum(["live", "suspect", "evicted"]),
});
export type PresenceMember = z.infer<typeof PresenceMember>;

export const PresenceEviction = z.object({
  atMs: z.number(),
  topic: z.string(),
  key: z.string(),
  node: z.string(),
  cause: z.enum(["closed-by-client", "left", "socket-error", "silent", "node-down", "kicked", "drain"]),
  silentMs: z.number().optional(),
});
export type PresenceEviction = z.infer<typeof PresenceEviction>;

export const PresenceSnapshot = z.object({
  node: z.string(),
  topics: z.array(
    z.object({
      topic: z.string(),
      private: z.boolean(),
      members: z.number(),
      joins: z.number(),
      leaves: z.number(),
    }),
  ),
  members: z.array(PresenceMember),
  departures: z.array(PresenceEviction),
});
export type PresenceSnapshot = z.infer<typeof PresenceSnapshot>;

export const STAGES = ["receive", "decode", "match", "authorize", "fanOut", "socket"] as const;
export type Stage = (typeof STAGES)[number];

const Percentiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number(), count: z.number() });
export type Percentiles = z.infer<typeof Percentiles>;

/** The oldest transaction that has written: Postgres keeps the WAL since its beginning, of whatever database it is. */
export const SlotBlocker = z.object({
  pid: z.number(),
  user: z.string(),
  /** As the session calls itself. */
  application: z.string().optional(),
  /** Where it is not the project's own: a slot waits for the whole server. */
  database: z.string().optional(),
  ageMs: z.number(),
  queryStartMs: z.number(),
  /** Empty for another database, whose queries are not this project's to read. */
  query: z.string(),
  state: z.string(),
});
export type SlotBlocker = z.infer<typeof SlotBlocker>;

/** Answered by the home of a project only. */
export const ReplicationSnapshot = z.object({
  node: z.string(),
  region: z.string(),
  epoch: z.number(),
  homeSinceMs: z.number(),
  state: z.enum(["connecting", "streaming", "lost", "idle"]),
  stateReason: z.string().optional(),
  slot: z.string(),
  walStatus: z.string().optional(),
  confirmedLsn: z.string().optional(),
  serverLsn: z.string().optional(),
  restartLsn: z.string().optional(),
  retainedBytes: z.number().optional(),
  lagBytes: z.number().optional(),
  /** Age of the end-to-end probe or of the oldest commit not yet dispatched. */
  lagMs: z.number().optional(),
  retainedBytesMax: z.number(),
  stages: z.record(z.string(), Percentiles),
  total: Percentiles,
  changesPerSecond: z.number(),
  shapes: z.number(),
  tables: z.array(
    z.object({
      schema: z.string(),
      table: z.string(),
      rls: z.boolean(),
      changes: z.number(),
      classes: z.number(),
    }),
  ),
  blocker: SlotBlocker.optional(),
  /** The database's process that sends the stream. Absent while there is none. */
  sender: z
    .object({
      pid: z.number(),
      /** Since its last word. It is asked for one several times a second, so a second of silence means something. */
      silentMs: z.number(),
      /** This home reads no further until it has passed on what it holds: then the silence is its own doing. */
      paused: z.boolean(),
    })
    .optional(),
  outages: z.array(z.object({ fromMs: z.number(), toMs: z.number().optional(), reason: z.string() })),
  pool: z.object({
    size: z.number(),
    inUse: z.number(),
    queued: z.number(),
    coalesced: z.number(),
    hits: z.number(),
    misses: z.number(),
    /** Old answers given because the database was away. */
    stale: z.number().optional(),
    /** For a connection, of recent work. */
    waitMs: z.number().optional(),
  }),
});
export type ReplicationSnapshot = z.infer<typeof ReplicationSnapshot>;

/** Counters since the node started; rates are taken by the reader from two answers. */
export const ProjectCounters = z.object({
  connections: z.number(),
  channels: z.number(),
  joins: z.number(),
  joinsRefused: z.number(),
  messagesIn: z.number(),
  deliveries: z.number(),
  changes: z.number(),
  presenceEvents: z.number(),
  evictions: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
});
export type ProjectCounters = z.infer<typeof ProjectCounters>;

export const ProjectSnapshot = z.object({
  node: z.string(),
  region: z.string(),
  atMs: z.number(),
  counters: ProjectCounters,
});
export type ProjectSnapshot = z.infer<typeof ProjectSnapshot>;

const RoundTrips = z.object({
  p50Ms: z.number(),
  p99Ms: z.number(),
  samples: z.number(),
  /** Probes without an answer. */
  lost: z.number(),
});

/** Somebody is served from a region although another has been clearly nearer for a while (promise P5). */
export const Misroute = z.object({
  kind: z.enum(["client", "project"]),
  ref: z.string(),
  /** The client's own name for itself, or the project's ref. */
  who: z.string(),
  region: z.string(),
  rttMs: z.number(),
  betterRegion: z.string(),
  betterRttMs: z.number(),
  sinceMs: z.number(),
});
export type Misroute = z.infer<typeof Misroute>;

/** Round trips as this node measured them in the last minute. */
export const RouteView = z.object({
  peers: z.array(RoundTrips.extend({ node: z.string(), region: z.string() })),
  /** From this node to the databases of projects: those used here, and those whose home is far from them. */
  databases: z.array(RoundTrips.extend({ ref: z.string() })),
  misroutes: z.array(Misroute),
});
export type RouteView = z.infer<typeof RouteView>;

export const NodeSnapshot = z.object({
  node: z.string(),
  boot: z.string(),
  region: z.string(),
  version: z.string(),
  pid: z.number(),
  startedAtMs: z.number(),
  state: z.enum(["starting", "ready", "draining"]),
  connections: z.number(),
  projects: z.array(z.string()),
  homes: z.array(z.string()),
  eventLoopP99Ms: z.number(),
  heapBytes: z.number(),
  rssBytes: z.number(),
  /** When the control database last answered; the node serves on without it (promise P9). */
  controlDatabase: z.object({ ok: z.boolean(), sinceMs: z.number() }),
  routes: RouteView,
});
export type NodeSnapshot = z.infer<typeof NodeSnapshot>;

export const ConnectionInfo = z.object({
  id: z.string(),
  node: z.string(),
  ref: z.string(),
  sinceMs: z.number(),
  transport: z.enum(["websocket", "longpoll"]),
  vsn: z.string(),
  role: z.string(),
  user: z.string().optional(),
  address: z.string(),
  userAgent: z.string().optional(),
  lastByteMs: z.number(),
  pingsOutstanding: z.number(),
  bufferedBytes: z.number(),
  channels: z.array(
    z.object({
      id: z.string(),
      topic: z.string(),
      private: z.boolean(),
      sinceMs: z.number(),
      bindings: z.number(),
    }),
  ),
});
export type ConnectionInfo = z.infer<typeof ConnectionInfo>;
