import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { describe, expect, test } from "vitest";
import { formatLsn, parseLsn, toLsn } from "../wal/lsn.ts";
import {
  decodeMessage,
  type EnvelopeBatch,
  encodeMessage,
  FACTS_BYTES,
  MalformedMessage,
} from "./envelope-batch.ts";
import { Receiver } from "./receiver.ts";

const times = { decodedMs: 3, matchedMs: 4, authorizedMs: 5, sentMs: 6 };
function envelope(lsn: string, ordinal: number, shape = "s1"): ChangeEnvelope {
  return {
    kind: { shapes: [shape], schema: "public", table: "t" },
    type: "INSERT",
    lsn: parseLsn(lsn),
    ordinal,
    committedMs: 1,
    receivedMs: 2,
    times,
    data: Buffer.from(`{"n":9007199254740993}`),
  };
}
const batch = (seq: number, ...envelopes: ChangeEnvelope[]): EnvelopeBatch => ({
  boot: "b",
  epoch: 1,
  seq,
  envelopes,
});
const places = (envelopes: ChangeEnvelope[]) =>
  envelopes.map(({ lsn, ordinal }) => `${formatLsn(toLsn(lsn))}.${ordinal}`);

function receiver({ fromStart = true } = {}): Receiver {
  const made = new Receiver();
  made.begin(1, { fromStart });
  return made;
}

describe("what a node has seen", () => {
  test("repeated changes come through once, in order, whatever way the home cuts its messages", () => {
    const node = receiver();
    expect(places(node.receive(batch(1, envelope("0/10", 0), envelope("0/10", 1))).envelopes)).toEqual([
      "0/10.0",
      "0/10.1",
    ]);
    const repeated = batch(
      2,
      envelope("0/10", 0),
      envelope("0/10", 1),
      envelope("0/10", 2),
      envelope("0/20", 0),
    );
    expect(places(node.receive(repeated).envelopes)).toEqual(["0/10.2", "0/20.0"]);
    expect(node.lastLsn).toBe(parseLsn("0/20"));
  });

  test("several envelopes of one change all come through", () => {
    const node = receiver();
    expect(
      node.receive(batch(1, envelope("0/10", 0, "s1"), envelope("0/10", 0, "s2"))).envelopes,
    ).toHaveLength(2);
  });

  test("a missing message is noticed, with the position before it", () => {
    const node = receiver();
    expect(node.receive(batch(1, envelope("0/10", 0))).lostAfter).toBeNull();
    expect(node.receive(batch(3, envelope("0/30", 0))).lostAfter).toBe(parseLsn("0/10"));
    expect(node.receive(batch(4, envelope("0/40", 0))).lostAfter).toBeNull();
  });

  test("the first message of an epoch is missed too, by a node that was there from its beginning", () => {
    expect(receiver().receive(batch(2, envelope("0/10", 0))).lostAfter).not.toBeNull();
    expect(receiver({ fromStart: false }).receive(batch(2, envelope("0/10", 0))).lostAfter).toBeNull();
  });

  test("a missing tail is noticed by what the home says it has sent, once", () => {
    const node = receiver();
    node.receive(batch(1, envelope("0/10", 0)));
    expect(node.expect(1, 1)).toBeNull();
    expect(node.expect(2, 9)).toBeNull();
    expect(node.expect(1, 3)).toBe(parseLsn("0/10"));
    expect(node.expect(1, 3)).toBeNull();
    expect(node.receive(batch(4, envelope("0/40", 0))).lostAfter).toBeNull();
    expect(receiver({ fromStart: false }).expect(1, 5)).toBeNull();
  });

  test("messages of another epoch are not for this one", () => {
    expect(receiver().receive({ ...batch(1, envelope("0/10", 0)), epoch: 2 }).envelopes).toEqual([]);
  });

  test("after a restore from a backup, lower positions are new", () => {
    const node = receiver();
    node.receive(batch(1, envelope("9/10", 0)));
    node.rewind();
    expect(node.receive(batch(2, envelope("0/10", 0))).envelopes).toHaveLength(1);
  });
});

describe("a message", () => {
  const head = { boot: "b", epoch: 1, seq: 7, times, kinds: [envelope("0/10", 0).kind] };
  const changes = [
    { ...envelope("0/10", 0), kind: 0 },
    {
      ...envelope("FFFFFFFF/FFFFFFFF", 4_294_967_295),
      kind: 0,
      type: "DELETE" as const,
      committedMs: 1_789_000_000_000.123,
      data: Buffer.from('{"a":"é \\n 😀","b":1.50}'),
    },
  ];

  test("keeps its data byte for byte, and every fact of its changes", () => {
    const { envelopes, ...place } = decodeMessage(encodeMessage(head, changes));
    expect(place).toEqual({ boot: "b", epoch: 1, seq: 7 });
    expect(envelopes).toEqual(changes.map((change) => ({ ...change, times, kind: head.kinds[0] })));
    expect(envelopes[0]?.kind).toBe(envelopes[1]?.kind);
  });

  test("that no home has written is refused, wherever it is cut", () => {
    const message = encodeMessage(head, changes);
    const end = message.length - (changes[1]?.data.length ?? 0) - FACTS_BYTES;
    for (let length = 0; length < message.length; length++) {
      if (length === end || isHeadOnly(message, length)) continue;
      expect(() => decodeMessage(message.subarray(0, length)), `${length}`).toThrow(MalformedMessage);
    }
    expect(() => decodeMessage(Buffer.from("nonsense"))).toThrow(MalformedMessage);
  });

  function isHeadOnly(message: Uint8Array, length: number): boolean {
    return length === 4 + Buffer.from(message).readUInt32BE(0);
  }
});
