import { expect, test } from "vitest";
import { describeCoverage } from "./coverage.ts";

const now = 100_000;
const survey = { askedAtMs: now, answered: ["a", "b", "c"], silentNodes: [] };
const silent = { node: "sg-2", beatAtMs: now - 4_000, connections: 212 };
const live = { kind: "live" } as const;

test("[S1] all nodes answering is said with their number", () => {
  expect(describeCoverage(live, survey, now)).toEqual({
    status: "ok",
    sentence: "live, 3 of 3 nodes answering",
  });
});

test("[S2] a silent node is named with what is missing because of it", () => {
  const { status, sentence } = describeCoverage(
    live,
    { ...survey, answered: ["a"], silentNodes: [silent] },
    now,
  );
  expect(status).toBe("warn");
  expect(sentence).toBe("node sg-2 has not answered for 4 s: its 212 connections are not shown");
});

test("[S3] when nobody answers the data is broken, not merely incomplete", () => {
  const two = { askedAtMs: now, answered: [], silentNodes: [silent, { ...silent, node: "sg-3" }] };
  expect(describeCoverage(live, two, now)).toMatchObject({ status: "bad" });
  expect(describeCoverage(live, two, now).sentence).toContain("nor does 1 other node answer");
});

test("a view that does not know the last beat does not invent one", () => {
  const unknown = { ...survey, silentNodes: [{ node: "sg-2" }] };
  expect(describeCoverage(live, unknown, now).sentence).toBe(
    "node sg-2 does not answer: its part is not shown",
  );
});

test("[S4] old data says how old it is", () => {
  const old = { ...survey, askedAtMs: now - 12_000 };
  expect(describeCoverage({ kind: "paused" }, old, now).sentence).toBe("paused: this is how it was 12 s ago");
  expect(describeCoverage({ kind: "lost", reason: "x" }, old, now)).toMatchObject({ status: "bad" });
});

test("[S5] no node at all is not the same as nothing happening", () => {
  expect(describeCoverage(live, { ...survey, answered: [] }, now).sentence).toContain(
    "no realtime node is running",
  );
});
