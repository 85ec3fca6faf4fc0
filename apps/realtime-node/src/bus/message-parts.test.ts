import fc from "fast-check";
import { expect, test } from "vitest";
import { encodePartTag, PartAssembler, parsePartTag, splitParts } from "./message-parts.ts";

test("a message put together from its parts is the message, whatever other messages come between", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 20 }),
      fc.infiniteStream(fc.nat()),
      (messages, bytesMax, choices) => {
        const queues = messages.map((data, id) => {
          const parts = splitParts(data, bytesMax);
          return parts.map((part, index) => ({ tag: { id: `m${id}`, index, count: parts.length }, part }));
        });
        const assembler = new PartAssembler();
        const whole: Uint8Array[] = [];
        while (queues.some((queue) => queue.length > 0)) {
          const waiting = queues.filter((queue) => queue.length > 0);
          const next = waiting[(choices.next().value ?? 0) % waiting.length]?.shift();
          const data = next && assembler.accept(next.tag, next.part);
          if (data) whole.push(new Uint8Array(data));
        }
        const inAnyOrder = (list: Uint8Array[]) => list.map((data) => data.join()).sort();
        expect(inAnyOrder(whole)).toEqual(inAnyOrder(messages));
      },
    ),
  );
});

test("a message with a missing part is given up and counted, the next one passes", () => {
  const assembler = new PartAssembler();
  const part = Uint8Array.of(1);
  expect(assembler.accept({ id: "a", index: 0, count: 3 }, part)).toBeUndefined();
  expect(assembler.accept({ id: "a", index: 2, count: 3 }, part)).toBeUndefined();
  expect(assembler.lost).toBe(1);
  expect(assembler.accept({ id: "b", index: 1, count: 2 }, part)).toBeUndefined();
  expect(assembler.accept({ id: "c", index: 0, count: 1 }, part)).toEqual(Buffer.of(1));
});

test("a tag survives the header", () => {
  const tag = { id: "x9", index: 3, count: 12 };
  expect(parsePartTag(encodePartTag(tag))).toEqual(tag);
  expect(parsePartTag("x9.3")).toBeUndefined();
});
