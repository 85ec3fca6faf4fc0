import fc from "fast-check";
import { expect, test } from "vitest";
import { bootOf, IncomingSequence, Origins, takePosition } from "./sequence.ts";

test("messages come out once and in order, whatever order and copies they came in", () => {
  const arrivals = fc
    .integer({ min: 1, max: 30 })
    .chain((count) =>
      fc.array(fc.integer({ min: 1, max: count }), { maxLength: 80 }).map((extra) => ({ count, extra })),
    )
    .chain(({ count, extra }) =>
      fc.shuffledSubarray([...Array.from({ length: count }, (_, i) => i + 1), ...extra], {
        minLength: count + extra.length,
        maxLength: count + extra.length,
      }),
    );
  fc.assert(
    fc.property(arrivals, (seqs) => {
      const sequence = new IncomingSequence<number>(1);
      const out = seqs.flatMap((seq) => sequence.accept(seq, seq));
      expect(out).toEqual(Array.from({ length: Math.max(...seqs) }, (_, i) => i + 1));
      expect(sequence.missing()).toBeUndefined();
    }),
  );
});

test("with losses, what was delivered and what was skipped make up the whole, without overlap", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (seqs) => {
      const sequence = new IncomingSequence<number>(1);
      const seen = seqs.flatMap((seq) => sequence.accept(seq, seq));
      const lost: number[] = [];
      for (let hole = sequence.missing(); hole; hole = sequence.missing()) {
        for (let seq = hole.fromSeq; seq <= hole.toSeq; seq++) lost.push(seq);
        seen.push(...sequence.skip());
      }
      expect(seen).toEqual([...seqs].sort((a, b) => a - b));
      expect([...seen, ...lost].sort((a, b) => a - b)).toEqual(
        Array.from({ length: Math.max(...seqs) }, (_, i) => i + 1),
      );
    }),
  );
});

test("a number that is only known to exist is a hole at the end", () => {
  const sequence = new IncomingSequence<string>(5);
  expect(sequence.missing()).toBeUndefined();
  sequence.expect(7);
  expect(sequence.missing()).toEqual({ fromSeq: 5, toSeq: 7 });
  expect(sequence.accept(5, "five")).toEqual(["five"]);
  expect(sequence.missing()).toEqual({ fromSeq: 6, toSeq: 7 });
});

test("more than a thousand messages behind a hole are too many", () => {
  const sequence = new IncomingSequence<number>(1);
  for (let seq = 2; seq <= 1_001; seq++) sequence.accept(seq, seq);
  expect(sequence.overflowing).toBe(false);
  sequence.accept(1_002, 1_002);
  expect(sequence.overflowing).toBe(true);
});

test("an origin never counts twice from one", () => {
  const origins = new Origins("boot1");
  const used = origins.create();
  expect(takePosition(used)).toEqual({ origin: "boot1", seq: 1 });
  origins.forgot(origins.create());
  expect(origins.create().origin).toBe("boot1");
  origins.forgot(used);
  const later = origins.create();
  expect(later.origin).not.toBe("boot1");
  expect(bootOf(later.origin)).toBe("boot1");
  expect(bootOf(used.origin)).toBe("boot1");
});
