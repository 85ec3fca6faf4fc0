import { describe, expect, test } from "vitest";
import { BUFFERED_BYTES_MAX, Outbox, Turn } from "./outbox.ts";
import { toWireFrame } from "./wire-frame.ts";

function openOutbox(turn: Turn, bufferedBytes = 0) {
  const writes: Uint8Array[] = [];
  const received: Buffer[] = [];
  const slow: number[] = [];
  const write = (bytes: Uint8Array) => {
    writes.push(bytes);
    received.push(Buffer.from(bytes));
  };
  const sink = { write, bufferedBytes };
  const outbox = new Outbox(turn, sink, () => slow.push(writes.length));
  return { outbox, writes, received, sink, slow };
}

const a = toWireFrame("a");
const b = toWireFrame("b");
const c = toWireFrame("c");

describe("outbox", () => {
  test("frames of one turn leave in one write, in the order they were offered", () => {
    const turn = new Turn();
    const { outbox, received } = openOutbox(turn);
    for (const frame of [a, b, c]) expect(outbox.offer(frame)).toBe(true);
    expect(received).toEqual([]);

    turn.flush();

    expect(received).toEqual([Buffer.concat([a, b, c])]);
  });

  test("sockets that were offered the same frames are written the very same buffer", () => {
    const turn = new Turn();
    const sockets = Array.from({ length: 50 }, () => openOutbox(turn));
    const other = openOutbox(turn);
    for (const frame of [a, b]) for (const { outbox } of sockets) outbox.offer(frame);
    for (const frame of [b, a]) other.outbox.offer(frame);

    turn.flush();

    const shared = sockets[0]?.writes[0];
    for (const { writes } of sockets) {
      expect(writes).toHaveLength(1);
      expect(writes[0]).toBe(shared);
    }
    expect(other.received).toEqual([Buffer.concat([b, a])]);
  });

  test("two codecs in one room share two buffers, however they alternate", () => {
    const turn = new Turn();
    const sockets = Array.from({ length: 20 }, (_, i) => ({
      ...openOutbox(turn),
      first: i % 2 === 0 ? a : b,
    }));
    for (const { outbox, first } of sockets) outbox.offer(first);
    for (const { outbox } of sockets) outbox.offer(c);

    turn.flush();

    expect(new Set(sockets.map(({ writes }) => writes[0])).size).toBe(2);
  });

  test("a single frame is written as it is, without a copy", () => {
    const turn = new Turn();
    const { outbox, writes } = openOutbox(turn);
    outbox.offer(a);
    turn.flush();
    expect(writes[0]).toBe(a);
  });

  test("many unlike frames to many sockets stay apart", () => {
    const turn = new Turn();
    const sockets = Array.from({ length: 30 }, () => openOutbox(turn));
    for (const [i, { outbox }] of sockets.entries()) outbox.offer(toWireFrame(`reply ${i}`));
    for (const { outbox } of sockets) outbox.offer(a);
    turn.flush();
    for (const [i, { received }] of sockets.entries()) {
      expect(received).toEqual([Buffer.concat([toWireFrame(`reply ${i}`), a])]);
    }
  });

  test("the turn ends by itself", async () => {
    const turn = new Turn();
    const { outbox, writes } = openOutbox(turn);
    outbox.offer(a);
    await new Promise((resolve) => turn.afterwards(() => resolve(undefined)));
    expect(writes).toEqual([a]);
  });

  test("a socket more than 4 MiB behind is refused and reported once, after the turn", () => {
    const turn = new Turn();
    const { outbox, sink, slow, writes } = openOutbox(turn);
    outbox.offer(a);
    sink.bufferedBytes = BUFFERED_BYTES_MAX + 1;
    expect(outbox.offer(b)).toBe(false);
    expect(outbox.offer(c)).toBe(false);
    expect(slow).toEqual([]);

    turn.flush();

    expect(slow).toEqual([1]);
    expect(writes).toEqual([a]);
  });

  test("a turn of large frames is written early, so that the kernel may take it before the bound is met", () => {
    const turn = new Turn();
    const { outbox, writes } = openOutbox(turn);
    const large = toWireFrame(new Uint8Array(3_000_000));
    for (let i = 0; i < 3; i++) expect(outbox.offer(large)).toBe(true);
    expect(writes).toHaveLength(3);
  });

  test("closing writes what was offered and refuses the rest", () => {
    const turn = new Turn();
    const { outbox, writes } = openOutbox(turn);
    outbox.offer(a);
    outbox.close();
    expect(outbox.offer(b)).toBe(false);
    turn.flush();
    expect(writes).toEqual([a]);
  });
});
