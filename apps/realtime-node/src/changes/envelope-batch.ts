import {
  type ChangeEnvelope,
  type ChangeKind,
  ChangeMessageHead,
  type ChangeType,
} from "@tidewire/protocol/cluster/changes";

/** What a home sends one node in one message: changes in their order, with their place in the sequence of messages. */
export interface EnvelopeBatch extends Omit<ChangeMessageHead, "kinds" | "times"> {
  envelopes: ChangeEnvelope[];
}

/** A message that no home has written. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

const TYPES: readonly ChangeType[] = ["INSERT", "UPDATE", "DELETE"];
const LENGTH_BYTES = 4;
/** Type, kind, ordinal, LSN, two times, length of the data. */
export const FACTS_BYTES = 1 + 2 + 4 + 8 + 8 + 8 + 4;
/** A kind's number has 16 bits. */
export const KINDS_MAX = 0xffff;

/** One change, and which of the message's kinds it is of. */
export interface OutgoingChange extends Omit<ChangeEnvelope, "kind" | "times"> {
  readonly kind: number;
}

/**
 * ```text
 * length of the head (32 bits) | head, JSON | for each change: its facts (fixed length) | its data
 * ```
 * The data is copied, never parsed: a home and a node together spend less on this than on writing the row's JSON.
 */
export function encodeMessage(head: ChangeMessageHead, changes: readonly OutgoingChange[]): Uint8Array {
  const headBytes = Buffer.from(JSON.stringify(head));
  let length = LENGTH_BYTES + headBytes.length;
  for (const { data } of changes) length += FACTS_BYTES + data.length;
  const message = Buffer.allocUnsafe(length);
  message.writeUInt32BE(headBytes.length);
  message.set(headBytes, LENGTH_BYTES);
  let at = LENGTH_BYTES + headBytes.length;
  for (const change of changes) {
    at = writeFacts(message, change, at);
    message.set(change.data, at);
    at += change.data.length;
  }
  return message;
}

function writeFacts(message: Buffer, change: OutgoingChange, start: number): number {
  message[start] = TYPES.indexOf(change.type);
  let at = message.writeUInt16BE(change.kind, start + 1);
  at = message.writeUInt32BE(change.ordinal, at);
  at = message.writeBigUInt64BE(change.lsn, at);
  at = message.writeDoubleBE(change.committedMs, at);
  at = message.writeDoubleBE(change.receivedMs, at);
  return message.writeUInt32BE(change.data.length, at);
}

/** @throws MalformedMessage for bytes that no home has written */
export function decodeMessage(bytes: Uint8Array): EnvelopeBatch {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const headEnd = LENGTH_BYTES + message.readUInt32BE(0);
    const head = ChangeMessageHead.parse(JSON.parse(message.toString("utf8", LENGTH_BYTES, headEnd)));
    const { boot, epoch, seq } = head;
    const envelopes: ChangeEnvelope[] = [];
    let at = headEnd;
    while (at < message.length) {
      const envelope = readChange(message, at, head);
      at += FACTS_BYTES + envelope.data.length;
      envelopes.push(envelope);
    }
    return { boot, epoch, seq, envelopes };
  } catch (cause) {
    throw cause instanceof MalformedMessage ? cause : new MalformedMessage("not a message", { cause });
  }
}

function readChange(message: Buffer, at: number, { kinds, times }: ChangeMessageHead): ChangeEnvelope {
  const type = TYPES[message.readUInt8(at)];
  const kind: ChangeKind | undefined = kinds[message.readUInt16BE(at + 1)];
  const start = at + FACTS_BYTES;
  const end = start + message.readUInt32BE(at + 31);
  if (type === undefined || kind === undefined || end > message.length) {
    throw new MalformedMessage(`no change at byte ${at}`);
  }
  return {
    kind,
    type,
    lsn: message.readBigUInt64BE(at + 7),
    ordinal: message.readUInt32BE(at + 3),
    committedMs: message.readDoubleBE(at + 15),
    receivedMs: message.readDoubleBE(at + 23),
    times,
    data: message.subarray(start, end),
  };
}
