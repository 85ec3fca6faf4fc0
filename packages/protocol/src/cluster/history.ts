import { z } from "zod";
import { decodeRoomMessage, encodeRoomMessage, type FanOutEnvelope, MalformedEnvelope } from "./fanout.ts";

/** First and last number of messages without a hole between them. */
const Run = z.tuple([z.int().positive(), z.int().positive()]);
export type Run = z.infer<typeof Run>;

/**
 * What a node asks of another's history, as JSON on `subjects.history(boot)`. Positions are per origin; `after` is the
 * last one that the asker has.
 */
export const HistoryRequest = z.object({
  room: z.object({ ref: z.string(), topic: z.string(), private: z.boolean() }),
  /**
   * Origins that are not named are answered from their beginning, or not at all when `onlyNamed`; a request that names none
   * then asks for the heads of all.
   */
  after: z.record(z.string(), z.int().nonnegative()),
  onlyNamed: z.boolean(),
  /** Of origins that are not named: what was accepted before is told by a mark, and not sent. */
  sinceMs: z.number().optional(),
  /** What the asker has of origins that it does not name, and is not sent again. */
  held: z.record(z.string(), Run).optional(),
});
export type HistoryRequest = z.infer<typeof HistoryRequest>;

/** All messages of an origin up to `seq` had been accepted by `atMs`, by the clock of the node that says so. */
const Mark = z.object({ seq: z.int().nonnegative(), atMs: z.number() });
export type Mark = z.infer<typeof Mark>;

const Head = z.object({ origin: z.string(), seq: z.int().nonnegative(), marks: z.array(Mark).optional() });
const Index = z.object({ heads: z.array(Head), lengths: z.array(z.int().nonnegative()) });

/** How far a node knows that an origin has counted. Marks say how old messages are that the node does not have. */
export type HistoryHead = z.infer<typeof Head>;

/** The answer: everything that the other node still has, and how far it has counted, per origin. */
export interface HistoryAnswer {
  heads: readonly HistoryHead[];
  /** Per origin in order of `seq`; there may be holes. */
  envelopes: FanOutEnvelope[];
}

const INDEX_LENGTH_BYTES = 4;

/** Length of the index (four bytes, big-endian), the index as JSON, the envelopes one after the other. */
export function encodeHistoryAnswer({ heads, envelopes }: HistoryAnswer): Uint8Array {
  const parts = envelopes.map((envelope) => encodeRoomMessage({ kind: "broadcast", envelope }));
  const index = new TextEncoder().encode(
    JSON.stringify({ heads, lengths: parts.map(({ length }) => length) }),
  );
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, INDEX_LENGTH_BYTES + index.length),
  );
  new DataView(bytes.buffer).setUint32(0, index.length);
  bytes.set(index, INDEX_LENGTH_BYTES);
  let at = INDEX_LENGTH_BYTES + index.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Payloads are views into `bytes`.
 * @throws MalformedEnvelope
 */
export function decodeHistoryAnswer(bytes: Uint8Array): HistoryAnswer {
  if (bytes.length < INDEX_LENGTH_BYTES) throw new MalformedEnvelope("shorter than its prefix");
  const indexEnd = INDEX_LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (indexEnd > bytes.length) throw new MalformedEnvelope("ends within its index");
  const { heads, lengths } = parseIndex(bytes.subarray(INDEX_LENGTH_BYTES, indexEnd));
  const envelopes: FanOutEnvelope[] = [];
  let at = indexEnd;
  for (const length of lengths) {
    const message = decodeRoomMessage(bytes.subarray(at, at + length));
    if (message.kind !== "broadcast") throw new MalformedEnvelope("history holds broadcasts only");
    envelopes.push(message.envelope);
    at += length;
  }
  return { heads, envelopes };
}

function parseIndex(text: Uint8Array): z.infer<typeof Index> {
  try {
    return Index.parse(JSON.parse(new TextDecoder().decode(text)));
  } catch (cause) {
    throw new MalformedEnvelope("the index cannot be read", { cause });
  }
}
