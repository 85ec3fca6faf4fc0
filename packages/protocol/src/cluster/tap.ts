import { z } from "zod";

/** What happens on a node, for the dashboard, while somebody watches. Times are epoch milliseconds. */

export const TAP_KINDS = [
  "join",
  "leave",
  "broadcast",
  "presence",
  "change",
  "refusal",
  "close",
  "system",
] as const;
export const TapKind = z.enum(TAP_KINDS);
export type TapKind = z.infer<typeof TapKind>;

/** One line of the inspector. */
export const TapEvent = z.object({
  /** Unique across nodes: `<boot>-<counter>`. Sortable within one node. */
  id: z.string(),
  atMs: z.number(),
  node: z.string(),
  ref: z.string(),
  kind: TapKind,
  topic: z.string().optional(),
  private: z.boolean().optional(),
  /** User event, phoenix event, or change type. */
  event: z.string().optional(),
  /** Connection id, `rest`, or `database`. */
  from: z.string().optional(),
  user: z.string().optional(),
  sizeBytes: z.number().optional(),
  recipients: z.number().optional(),
  /** From acceptance (or commit) to the last local socket write. */
  latencyMs: z.number().optional(),
  /** A code of the error table, for refusals, closes and errors. */
  code: z.string().optional(),
  message: z.string().optional(),
  /** The payload as JSON text, cut at 8 KiB; `truncated` says so. */
  payload: z.string().optional(),
  truncated: z.boolean().optional(),
  /** Stage name -> epoch ms, in order of passage. */
  times: z.record(z.string(), z.number()).optional(),
  position: z.object({ origin: z.string(), seq: z.number() }).optional(),
});
export type TapEvent = z.infer<typeof TapEvent>;

/** Why a local member was not sent a broadcast. */
export const DropReason = z.enum([
  "own-message",
  "not-allowed",
  "joined-later",
  "replayed",
  "no-form",
  "slow-or-closed",
]);
export type DropReason = z.infer<typeof DropReason>;

/** One broadcast on one node (promise P5). Times are epoch milliseconds with fractions, each by the clock of its node. */
export const TraceHop = z.object({
  ref: z.string(),
  topic: z.string(),
  private: z.boolean(),
  position: z.object({ origin: z.string(), seq: z.number() }),
  node: z.string(),
  region: z.string(),
  /** Where it was accepted; the same region when this is that node. */
  fromRegion: z.string(),
  times: z.object({
    accepted: z.number(),
    sequenced: z.number(),
    /** Absent when no other node could be interested. */
    busOut: z.number().optional(),
    /** Absent on the node that accepted it. */
    busIn: z.number().optional(),
    /** Its turn has come: what was missing before it has arrived or was given up. */
    inOrder: z.number().optional(),
    /** Handed to every local member. */
    fannedOut: z.number(),
    /** Written to their sockets. */
    written: z.number(),
  }),
  recipients: z.number(),
  dropped: z.number(),
  /** The first fifty local members, those that were dropped first. */
  members: z.array(z.object({ channel: z.string(), dropped: DropReason.optional() })),
});
export type TraceHop = z.infer<typeof TraceHop>;

/** What a tap's subscriber receives: events, and an honest count of those it was not sent. */
export const TapBatch = z.object({
  events: z.array(TapEvent),
  seen: z.number(),
  dropped: z.number(),
  /** Only for a tap that asked to trace. */
  traces: z.array(TraceHop).optional(),
  /** Hops that there was no room for. */
  tracesDropped: z.number().optional(),
});
export type TapBatch = z.infer<typeof TapBatch>;
