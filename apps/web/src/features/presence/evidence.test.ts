import { expect, test } from "vitest";
import { describeEvidence } from "./evidence.ts";

const now = 100_000;
const member = { state: "live" as const, node: "eu-1", lastByteMs: now - 300, pingsOutstanding: 0 };

test("[P4] a live member has just been heard from", () => {
  expect(describeEvidence(member, now)).toBe("heard from just now");
});

test("[P4] a suspect tells silence, pings and the time that is left", () => {
  const suspect = {
    ...member,
    state: "suspect" as const,
    lastByteMs: now - 7_200,
    pingsOutstanding: 1,
    evictAtMs: now + 1_800,
  };
  expect(describeEvidence(suspect, now)).toBe(
    "no byte for 7.2 s; 1 ping unanswered; will be evicted in 1.8 s",
  );
});

test("[P4] when the time is up nobody promises more of it", () => {
  const due = { ...member, state: "suspect" as const, lastByteMs: now - 9_100, evictAtMs: now - 100 };
  expect(describeEvidence(due, now)).toContain("is being evicted");
});

test("[P4] without word of its own node there is no evidence to show", () => {
  expect(describeEvidence({ state: "live", node: "eu-2" }, now)).toContain("known through node eu-2");
});
