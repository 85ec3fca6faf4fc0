import { z } from "zod";

/** One column as the client is told of it (protocol 6.4). */
export const ChangeColumn = z.object({ name: z.string(), type: z.string() });

/** Wall-clock times of the stages that a message of the home passed as a whole, for the lag decomposition. */
export const HomeTimes = z.object({
  decodedMs: z.number(),
  matchedMs: z.number(),
  authorizedMs: z.number(),
  sentMs: z.number(),
});
export type HomeTimes = z.infer<typeof HomeTimes>;

/** What many changes of one message have in common. */
export const ChangeKind = z.object({
  /** Those that the change belongs to, cut to what all of them may see. */
  shapes: z.array(z.string()),
  schema: z.string(),
  table: z.string(),
});
export type ChangeKind = z.infer<typeof ChangeKind>;

export type ChangeType = "INSERT" | "UPDATE" | "DELETE";

/** One committed row change on its way from the home to a node. */
export interface ChangeEnvelope {
  /** The very same object for all changes of a message that have the same. */
  readonly kind: ChangeKind;
  readonly type: ChangeType;
  /** Position of the commit. */
  readonly lsn: bigint;
  /** Counts the rows of its transaction; with `lsn` it orders all changes of a project. */
  readonly ordinal: number;
  /** Epoch milliseconds, by the database's clock. */
  readonly committedMs: number;
  readonly receivedMs: number;
  /** The same object for all changes of a message. */
  readonly times: HomeTimes;
  /**
   * The finished `data` object of the client's payload as JSON in UTF-8. Nobody parses it on its way, so that numbers
   * keep their digits beyond 2^53, and nobody writes to it.
   */
  readonly data: Uint8Array;
}

/** What stands before the changes in a message of the home to one node. */
export const ChangeMessageHead = z.object({
  /** The life of the node that this is for; another life never asked for it. */
  boot: z.string(),
  epoch: z.int(),
  /** Counts the messages of this epoch to this node from 1: a gap is a loss. */
  seq: z.int(),
  times: HomeTimes,
  kinds: z.array(ChangeKind),
});
export type ChangeMessageHead = z.infer<typeof ChangeMessageHead>;

/** What a home tells every node about its project: births, losses, recoveries (promises P6 and P8). */
export const HomeNotice = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("home"), ref: z.string(), node: z.string(), boot: z.string(), epoch: z.int() }),
  z.object({ kind: z.literal("stepped-down"), ref: z.string(), node: z.string(), epoch: z.int() }),
  z.object({
    kind: z.literal("database-lost"),
    ref: z.string(),
    reason: z.string(),
    sinceMs: z.number(),
    lsn: z.string(),
  }),
  z.object({
    kind: z.literal("database-recovered"),
    ref: z.string(),
    fromLsn: z.string(),
    toLsn: z.string(),
    complete: z.boolean(),
  }),
  /** Rows that could not be checked against the policies were left out for these shapes. */
  z.object({
    kind: z.literal("rows-skipped"),
    ref: z.string(),
    shapes: z.array(z.string()),
    rows: z.int(),
    reason: z.string(),
  }),
  /** Of the policies, privileges and roles as the home last found them. Said again with every beat: grants of another print are void. */
  z.object({ kind: z.literal("authorization"), ref: z.string(), print: z.string() }),
]);
export type HomeNotice = z.infer<typeof HomeNotice>;
