import { expect, test } from "vitest";
import { Continuity } from "./continuity.ts";

const at = (origin: string, seq: number, id = `${origin}:${seq}`) => ({ id, origin, seq });

function joined(positions: Record<string, number> = {}): Continuity {
  const continuity = new Continuity();
  continuity.joined({ positions, joined_at: 1_000 });
  return continuity;
}

test("a first join asks for positions, a later one resumes from what was heard", () => {
  const continuity = new Continuity();
  expect(continuity.toConfig()).toEqual({ sequence: true });
  continuity.joined({ positions: { a: 3 }, joined_at: 1_000 });
  continuity.admit(at("a", 4));
  continuity.admit(at("b", 1));
  expect(continuity.toConfig()).toEqual({ sequence: true, resume: { a: 4, b: 1 }, resume_since: 1_000 });
});

test("a server that knows no positions is never asked to resume", () => {
  const continuity = new Continuity();
  continuity.joined({});
  expect(continuity.positions).toBeUndefined();
  expect(continuity.toConfig()).toEqual({ sequence: true });
  expect([continuity.admit(undefined), continuity.admit({ id: "x" })]).toEqual([true, true]);
});

test("of one origin each message passes once", () => {
  const continuity = joined({ a: 3 });
  expect([3, 4, 4, 6, 5].map((seq) => continuity.admit(at("a", seq)))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
  expect(continuity.duplicates).toBe(3);
});

test("a message that two nodes accepted passes once, and both positions count", () => {
  const continuity = joined();
  expect(continuity.admit(at("a", 1, "order-7"))).toBe(true);
  expect(continuity.admit(at("b", 1, "order-7"))).toBe(false);
  expect(continuity.positions).toEqual({ a: 1, b: 1 });
});

test("its own message is not given back, and its place counts as heard", () => {
  const continuity = joined();
  continuity.sent("mine");
  continuity.accepted("a", 1);
  expect(continuity.admit(at("a", 1, "mine"))).toBe(false);
  expect(continuity.admit(at("b", 1, "mine"))).toBe(false);
});

test("while a resume runs the old positions count; after it the server's, even of what was lost", () => {
  const continuity = joined({ a: 3, gone: 9 });
  continuity.joined({ positions: { a: 7, b: 2 }, joined_at: 2_000 });
  expect(continuity.admit(at("a", 5))).toBe(true);
  expect(continuity.positions).toEqual({ a: 5, gone: 9 });
  continuity.resumed();
  expect(continuity.toConfig()).toEqual({ sequence: true, resume: { a: 7, b: 2 }, resume_since: 1_000 });
  expect(continuity.admit(at("a", 7))).toBe(false);
});

test("an origin that was not asked for any more is still recognised", () => {
  const continuity = joined({ cut: 9 });
  continuity.joined({ positions: {}, joined_at: 2_000 });
  continuity.resumed();
  expect(continuity.positions).toEqual({});
  expect(continuity.admit(at("cut", 9))).toBe(false);
  expect(continuity.admit(at("cut", 10))).toBe(true);
});
