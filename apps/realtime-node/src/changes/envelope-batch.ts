import { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { z } from "zod";

/** What a home sends one node in one message: changes in their order, with their place in the sequence of messages. */
export interface EnvelopeBatch {
  /** The life of the node that this is for; another life never asked for it. */
  boot: string;
  epoch: number;
  /** Counts the messages of this epoch to this node from 1: a gap is a loss. */
  seq: number;
  envelopes: ChangeEnvelope[];
}

const Head = z.object({ boot: z.string(), epoch: z.int(), seq: z.int() });
const Meta = ChangeEnvelope.omit({ dataJson: true });

/**
 * Lines: a head, then for each change one of facts and one of data. The data is never parsed nor escaped on its way, so
 * that its numbers keep their digits and a large row costs no more than its bytes.
 */
export function encodeEnvelopes({ envelopes, ...head }: EnvelopeBatch): Uint8Array {
  const lines = [JSON.stringify(head)];
  for (const { dataJson, ...meta } of envelopes) lines.push(JSON.stringify(meta), dataJson);
  return Buffer.from(lines.join("\n"));
}

/** @throws SyntaxError or ZodError for bytes that no home has written */
export function decodeEnvelopes(data: Uint8Array): EnvelopeBatch {
  const [head = "", ...lines] = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    .toString()
    .split("\n");
  const envelopes: ChangeEnvelope[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    envelopes.push({ ...Meta.parse(JSON.parse(lines[at] ?? "")), dataJson: lines[at + 1] ?? "" });
  }
  return { ...Head.parse(JSON.parse(head)), envelopes };
}
