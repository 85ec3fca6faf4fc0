import { expect, test } from "vitest";
import { FrameRun } from "./frame-run.ts";
import { ROOM_BYTES, Scratch } from "./scratch.ts";
import { TextFrames, toWireFrame } from "./wire-frame.ts";

const NOTHING = Buffer.alloc(0);

function runOf(text: string): FrameRun {
  const frames = new TextFrames([{ data: Buffer.from(text) }], () => ({ before: NOTHING, after: NOTHING }));
  return FrameRun.empty().with(frames);
}

/** Takes everything at once, or keeps it, as a socket does whose kernel buffer is full. */
class TestSink {
  readonly writes: Uint8Array[] = [];
  readonly received: string[] = [];
  readonly #takesAll: boolean;
  bufferedBytes = 0;

  constructor({ takesAll }: { takesAll: boolean }) {
    this.#takesAll = takesAll;
  }

  write(bytes: Uint8Array): void {
    this.writes.push(bytes);
    this.received.push(Buffer.from(bytes).toString("latin1"));
    if (!this.#takesAll) this.bufferedBytes += bytes.byteLength;
  }
}

const frame = (text: string) => toWireFrame(text).toString("latin1");

test("what one socket after the other takes at once stands in the same memory", () => {
  const scratch = new Scratch();
  const sink = new TestSink({ takesAll: true });
  for (const text of ["one", "two"]) scratch.write(runOf(text), sink);
  expect(sink.received).toEqual([frame("one"), frame("two")]);
  expect(new Set(sink.writes.map(({ buffer }) => buffer)).size).toBe(1);
});

test("what a socket has not taken yet stays as it is, whatever is written to it and to others", () => {
  const scratch = new Scratch();
  const slow = new TestSink({ takesAll: false });
  const quick = new TestSink({ takesAll: true });
  for (const text of ["one", "two", "three"]) {
    scratch.write(runOf(text), slow);
    scratch.write(runOf(text.toUpperCase()), quick);
  }
  expect(slow.writes.map((bytes) => Buffer.from(bytes).toString("latin1"))).toEqual(slow.received);
  expect(slow.received).toEqual([frame("one"), frame("two"), frame("three")]);
  expect(quick.received).toEqual([frame("ONE"), frame("TWO"), frame("THREE")]);
});

test("a socket that is behind keeps no more memory than its bytes", () => {
  const scratch = new Scratch();
  const slow = new TestSink({ takesAll: false });
  for (const text of ["one", "two"]) scratch.write(runOf(text), slow);
  expect(slow.writes[0]?.buffer.byteLength).toBe(ROOM_BYTES);
  // At most what Node takes its small buffers from.
  expect(slow.writes[1]?.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
});

test("what does not fit is written all the same", () => {
  const scratch = new Scratch();
  const sink = new TestSink({ takesAll: true });
  const large = "x".repeat(100_000);
  scratch.write(runOf(large), sink);
  expect(sink.received).toEqual([frame(large)]);
});
