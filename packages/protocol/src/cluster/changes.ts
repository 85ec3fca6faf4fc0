import { z } from "zod";

/** One column as the client is told of it (protocol 6.4). */
export const ChangeColumn = z.object({ name: z.string(), type: z.string() });

/**
 * One committed row change on its way from the home to a node, already cut to what these shapes may see.
 * `dataJson` is the finished `data` object of the client's payload: numbers keep their digits beyond 2^53 because
 * nobody parses it again.
 */
export const ChangeEnvelope = z.object({
  ref: z.string(),
  epoch: z.int(),
  shapes: z.array(z.string()),
  type: z.enum(["INSERT", "UPDATE", "DELETE"]),
  schema: z.string(),
  table: z.string(),
  lsn: z.string(),
  /** Counts the rows of its transaction; with `lsn` it orders all changes of a project. */
  ordinal: z.int(),
  dataJson: z.string(),
  /** Wall-clock times of the stages passed so far, for the lag decomposition. */
  times: z.object({
    committedMs: z.number(),
    receivedMs: z.number(),
    decodedMs: z.number(),
    matchedMs: z.number(),
    authorizedMs: z.number(),
    sentMs: z.number(),
  }),
});
export type ChangeEnvelope = z.infer<typeof ChangeEnvelope>;

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
  /** The set of published tables, the policies or the roles changed: cached grants are void. */
  z.object({ kind: z.literal("authorization-changed"), ref: z.string(), reason: z.string() }),
]);
export type HomeNotice = z.infer<typeof HomeNotice>;
