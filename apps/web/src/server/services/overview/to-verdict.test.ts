import { expect, test } from "vitest";
import { toVerdict, type VerdictInput } from "./to-verdict.ts";

const SURVEYED = { askedAtMs: 10_000, answered: ["a"], silent: [], silentNodes: [] };
const HEALTHY: VerdictInput = {
  state: "ready",
  surveyed: SURVEYED,
  rates: null,
  replication: { level: "ok", sentence: "Streaming.", remedy: null },
  pool: { size: 2, inUse: 0, queued: 0 },
};

test("nothing to say is said", () => {
  expect(toVerdict(HEALTHY)).toEqual({ level: "ok", sentences: ["Healthy."] });
  expect(toVerdict({ ...HEALTHY, replication: null }).level).toBe("ok");
});

test("a silent node is named with what is missing because of it", () => {
  const silentNodes = [{ node: "sg-2", region: "sg", beatAtMs: 6_000, connections: 212, reason: "" }];
  const verdict = toVerdict({ ...HEALTHY, surveyed: { ...SURVEYED, silent: ["sg-2"], silentNodes } });
  expect(verdict.level).toBe("warning");
  expect(verdict.sentences[0]).toMatch(
    /Node sg-2 does not answer \(last beat 4 s ago\): its 212 connections are not shown/,
  );
});

test("no node at all is an outage, not a row of zeros", () => {
  expect(toVerdict({ ...HEALTHY, surveyed: { ...SURVEYED, answered: [] } })).toMatchObject({
    level: "broken",
  });
});

test("what holds up replication is said in the words of its own page", () => {
  const replication = {
    level: "warning",
    sentence: "A transaction of `backup` is open.",
    remedy: null,
  } as const;
  expect(toVerdict({ ...HEALTHY, replication })).toEqual({
    level: "warning",
    sentences: ["A transaction of `backup` is open."],
  });
  expect(toVerdict({ ...HEALTHY, replication: { ...replication, level: "idle" } }).level).toBe("ok");
});

test("the worst comes first, and only two sentences are said", () => {
  const verdict = toVerdict({
    ...HEALTHY,
    surveyed: {
      ...SURVEYED,
      silent: ["b"],
      silentNodes: [{ node: "b", region: "b", beatAtMs: 0, connections: 1, reason: "" }],
    },
    replication: { level: "broken", sentence: "The database is lost.", remedy: null },
    pool: { size: 2, inUse: 2, queued: 7 },
  });
  expect(verdict.level).toBe("broken");
  expect(verdict.sentences).toHaveLength(2);
  expect(verdict.sentences[0]).toBe("The database is lost.");
});
