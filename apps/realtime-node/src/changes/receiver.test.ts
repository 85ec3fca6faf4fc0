import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { describe, expect, test } from "vitest";
import { parseLsn } from "../wal/lsn.ts";
import { decodeEnvelopes, type EnvelopeBatch, encodeEnvelopes } from "./envelope-batch.ts";
import { Receiver } from "./receiver.ts";

const times = { committedMs: 1, receivedMs: 2, decodedMs: 3, matchedMs: 4, authorizedMs: 5, sentMs: 6 };
function envelope(lsn: string, ordinal: number, shape = "s1"): ChangeEnvelope {
  return {
    ref: "r",
    epoch: 1,
    shapes: [shape],
    type: "INSERT",
    schema: "public",
    table: "t",
    lsn,
    ordinal,
    dataJson: `{"n":9007199254740993}`,
    times,
  };
}
const batch = (seq: number, ...envelopes: ChangeEnvelope[]): EnvelopeBatch => ({
  boot: "b",
  epoch: 1,
  seq,
  envelopes,
});
const places = (envelopes: ChangeEnvelope[]) => envelopes.map(({ lsn, ordinal }) => `${lsn}.${ordinal}`);

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

test("a message keeps its data byte for byte", () => {
  const sent = batch(7, envelope("0/10", 0), {
    ...envelope("0/10", 1),
    dataJson: '{"a":"é \\n 😀","b":1.50}',
  });
  expect(decodeEnvelopes(encodeEnvelopes(sent))).toEqual(sent);
  expect(() => decodeEnvelopes(Buffer.from("nonsense"))).toThrow();
});
