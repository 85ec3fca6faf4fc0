import type { FanOutEnvelope } from "@tidewire/protocol/cluster/fanout";
import { expect, test } from "vitest";
import { History, type HistoryBounds } from "./history.ts";
import type { TopicLog } from "./topic-log.ts";

const room = { ref: "demo", topic: "room", private: false };
const seqs = (envelopes: FanOutEnvelope[]) => envelopes.map(({ position }) => position.seq);

function message(origin: string, seq: number, over: { id?: string; atMs?: number; text?: string } = {}) {
  const { id, atMs = seq, text = "{}" } = over;
  const broadcast = {
    form: "verbatim" as const,
    payloadJson: text,
    meta: id === undefined ? undefined : { id },
  };
  return { room, position: { origin, seq }, acceptedAtMs: atMs, broadcast };
}

function createHistory(over: { windowMs?: number; messagesMax?: number; bounds?: HistoryBounds } = {}) {
  const clock = { nowMs: 0 };
  const history = new History({
    limitsOf: () => ({ windowMs: over.windowMs ?? 120_000, messagesMax: over.messagesMax ?? 1_000 }),
    monotonicMs: () => clock.nowMs,
    bounds: over.bounds,
  });
  const log = history.open(room);
  const record = (...envelopes: FanOutEnvelope[]) => {
    for (const envelope of envelopes) history.record(log, envelope);
  };
  return { clock, history, log, record };
}

function missedSeqs(log: TopicLog, positions: Record<string, number>) {
  const { envelopes, missing } = log.missed({ positions });
  return [seqs(envelopes), missing];
}

test("[B20] a client gets exactly what came after its position", () => {
  const { log, record } = createHistory();
  record(message("a", 1), message("a", 2), message("a", 3));
  expect(missedSeqs(log, { a: 1 })).toEqual([[2, 3], undefined]);
  expect(missedSeqs(log, { a: 3 })).toEqual([[], undefined]);
});

test("[B20] messages that the ring no longer holds are counted, the rest is replayed", () => {
  const { log, record } = createHistory({ messagesMax: 2 });
  record(message("a", 1), message("a", 2), message("a", 3), message("a", 4));
  expect(missedSeqs(log, { a: 1 })).toEqual([[3, 4], "1 messages of a after 1 are no longer known"]);
});

test("[B20] an origin that nobody remembers cannot be vouched for", () => {
  const { log } = createHistory();
  expect(log.missed({ positions: { gone: 7 } }).missing).toBe("nothing is known of gone after 7");
  expect(log.missed({ positions: { gone: 0 } }).missing).toBeUndefined();
});

test("[B20] of an origin that a client never heard it missed what came after its last message", () => {
  const { log, record } = createHistory();
  record(message("b", 1, { atMs: 10 }), message("a", 1, { atMs: 20 }), message("b", 2, { atMs: 30 }));
  record(message("a", 2, { atMs: 40 }));
  const { envelopes, missing } = log.missed({ positions: { a: 1 } });
  expect(envelopes.map(({ position }) => [position.origin, position.seq])).toEqual([
    ["b", 2],
    ["a", 2],
  ]);
  expect(missing).toBeUndefined();
});

test("[B20] what is still on its way is no loss", () => {
  const { log, record } = createHistory();
  record(message("a", 1), message("a", 2));
  log.learn("a", 5, 0);
  expect(log.missed({ positions: { a: 1 }, served: { a: 2 } }).missing).toBeUndefined();
  expect(log.missed({ positions: { a: 4 }, served: { a: 2 } })).toEqual({
    envelopes: [],
    positions: { a: 4 },
  });
});

test("[B35] of an origin that began meanwhile everything was missed, whatever its clock says", () => {
  const { log, record } = createHistory();
  record(
    message("a", 1, { atMs: 9_000 }),
    message("b", 1, { atMs: 8_000 }),
    message("c", 1, { atMs: 1_000 }),
  );
  const { envelopes } = log.missed({ positions: { a: 1 }, sinceMs: 9_000 });
  expect(envelopes.map(({ position }) => position.origin)).toEqual(["b"]);
  expect(log.missed({ positions: {}, sinceMs: 9_000 }).envelopes).toHaveLength(2);
});

test("[B20] a client that has nothing missed nothing", () => {
  const { log, record } = createHistory();
  record(message("a", 1));
  expect(missedSeqs(log, {})).toEqual([[], undefined]);
});

test("each origin keeps its order even when the clocks of nodes disagree", () => {
  const { log, record } = createHistory();
  record(message("a", 1, { atMs: 100 }), message("a", 2, { atMs: 50 }), message("b", 1, { atMs: 75 }));
  record(message("a", 3, { atMs: 60 }), message("b", 2, { atMs: 76 }));
  const { envelopes } = log.missed({ positions: { a: 0, b: 0 } });
  for (const origin of ["a", "b"]) {
    const own = envelopes.filter(({ position }) => position.origin === origin);
    expect(seqs(own)).toEqual(own.map((_, i) => i + 1));
  }
  expect(envelopes).toHaveLength(5);
});

test("late entries take their place, and none is stored twice", () => {
  const { history, log, record } = createHistory();
  record(message("a", 1), message("a", 4));
  expect(history.record(log, message("a", 2))).toBe(true);
  expect(history.record(log, message("a", 2))).toBe(false);
  expect(seqs(log.after({ after: { a: 0 }, onlyNamed: true }))).toEqual([1, 2, 4]);
  expect(log.heads()).toEqual({ a: 4 });
});

test("another node is given named origins only, when it asks so", () => {
  const { log, record } = createHistory();
  record(message("a", 1), message("b", 1), message("a", 2));
  expect(seqs(log.after({ after: { a: 1 }, onlyNamed: true }))).toEqual([2]);
  expect(log.after({ after: { a: 1 }, onlyNamed: false })).toHaveLength(2);
});

test("another node is not given what it says it has", () => {
  const { log, record } = createHistory();
  record(...[2, 4, 5, 6, 7].map((seq) => message("a", seq)), message("b", 1));
  expect(log.runs()).toEqual({ a: [4, 7], b: [1, 1] });
  const left = log.after({ after: {}, onlyNamed: false, held: { a: [4, 6], c: [1, 9] } });
  expect(left.map(({ position: { origin, seq } }) => `${origin}${seq}`)).toEqual(["a2", "a7", "b1"]);
});

test("another node is told how old the messages are that are too old for it", () => {
  const { log, record } = createHistory();
  record(...[1, 2, 3].map((seq) => ({ ...message("a", seq), acceptedAtMs: seq * 100 })));
  expect(seqs(log.after({ after: {}, onlyNamed: false, sinceMs: 200 }))).toEqual([2, 3]);
  expect(log.marks("a", 200)).toEqual([{ seq: 1, atMs: 100 }]);
  expect(log.marks("a", 900)).toEqual([{ seq: 3, atMs: 300 }]);
  expect(seqs(log.after({ after: { a: 0 }, onlyNamed: false, sinceMs: 900 }))).toEqual([1, 2, 3]);
});

test("a message whose id is known is found, and is not replayed a second time", () => {
  const { log, record } = createHistory();
  record(message("a", 1, { id: "x" }), message("b", 1, { id: "x" }));
  expect(log.find("x")).toEqual({ origin: "a", seq: 1 });
  expect(log.missed({ positions: { a: 0, b: 0 } }).envelopes).toHaveLength(1);
  expect(log.missed({ positions: { a: 1, b: 0 } })).toMatchObject({
    envelopes: [],
    positions: { a: 1, b: 0 },
  });
});

test("the window drops what is older, and its id with it", () => {
  const { clock, history, log, record } = createHistory({ windowMs: 1_000 });
  record(message("a", 1, { id: "old" }));
  clock.nowMs = 900;
  record(message("a", 2));
  clock.nowMs = 1_500;
  history.sweep();
  expect(seqs(log.after({ after: {}, onlyNamed: false }))).toEqual([2]);
  expect(log.find("old")).toBeUndefined();
});

test("bytes are bounded per topic, project and node", () => {
  const bounds = { topicBytesMax: 5_000, projectBytesMax: 8_000, nodeBytesMax: 1_000_000 };
  const { history, log, record } = createHistory({ bounds });
  const text = "x".repeat(600);
  for (let seq = 1; seq <= 20; seq++) record(message("a", seq, { text }));
  expect(log.bytes).toBeLessThanOrEqual(5_000);
  const second = history.open({ ...room, topic: "second" });
  for (let seq = 1; seq <= 20; seq++) history.record(second, message("a", seq, { text }));
  expect(history.bytes).toBeLessThanOrEqual(8_000);
  expect(history.bytes).toBe(log.bytes + second.bytes);
  history.close(log);
  expect(history.bytes).toBe(second.bytes);
});

test("a small payload does not keep its network buffer alive", () => {
  const { log, record } = createHistory();
  const payload = Buffer.alloc(64 * 1024).subarray(10, 20);
  record({ ...message("a", 1), broadcast: { form: "raw", event: "e", payload } });
  const [kept] = log.after({ after: {}, onlyNamed: false });
  expect(kept?.broadcast).toMatchObject({ payload: new Uint8Array(10) });
  expect(kept?.broadcast.form === "raw" && kept.broadcast.payload.buffer.byteLength).toBe(10);
});

test("[B20] what was accepted before a client began to listen is not given to it, whatever position it was told then", () => {
  const { log, record } = createHistory();
  record(...[1, 2, 3, 4].map((seq) => ({ ...message("a", seq), acceptedAtMs: seq * 10_000 })));
  const { envelopes, missing } = log.missed({ positions: { a: 1 }, sinceMs: 35_000 });
  expect(seqs(envelopes)).toEqual([4]);
  expect(missing).toBeUndefined();
  expect(seqs(log.missed({ positions: { a: 1 } }).envelopes)).toEqual([2, 3, 4]);
});

test("of marks only those are kept that say more than others", () => {
  const { log } = createHistory();
  log.date("a", { seq: 10, atMs: 100 });
  log.date("a", { seq: 8, atMs: 200 });
  expect(log.marks("a")).toEqual([{ seq: 10, atMs: 100 }]);
  log.date("a", { seq: 20, atMs: 900 });
  expect(log.marks("a")).toEqual([
    { seq: 10, atMs: 100 },
    { seq: 20, atMs: 900 },
  ]);
  expect(log.lastBy("a", 500)).toBe(10);
  log.date("a", { seq: 20, atMs: 90 });
  expect(log.marks("a")).toEqual([{ seq: 20, atMs: 90 }]);
});
