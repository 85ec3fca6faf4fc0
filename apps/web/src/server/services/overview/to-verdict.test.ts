import { expect, test } from "vitest";
import type { ReplicationGlance } from "../../views/overview.ts";
import { toVerdict, type VerdictInput } from "./to-verdict.ts";

const REPLICATION: ReplicationGlance = {
  node: "a",
  state: "streaming",
  lagMs: 4,
  lagP99Ms: 9,
  lagBytes: 0,
  retainedBytes: 1_000,
  retainedBytesMax: 1_000_000,
  pool: { size: 2, inUse: 0, queued: 0 },
};
const SURVEYED = { askedAtMs: 10_000, answered: ["a"], silent: [], silentNodes: [] };
const HEALTHY: VerdictInput = { state: "ready", surveyed: SURVEYED, rates: null, replication: REPLICATION };

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

test("lag names the transaction that causes it", () => {
  const replication = {
    ...REPLICATION,
    lagMs: 12_000,
    blocker: { pid: 4711, user: "backup", ageMs: 9 * 60_000 },
  };
  expect(toVerdict({ ...HEALTHY, replication }).sentences[0]).toMatch(
    /^Replication is 12.* s behind: a transaction of `backup` \(pid 4711\) has been open for 9 min/,
  );
});

test("the worst comes first, and only two sentences are said", () => {
  const replication = {
    ...REPLICATION,
    state: "lost" as const,
    stateReason: "connection refused",
    retainedBytes: 900_000,
    pool: { size: 2, inUse: 2, queued: 7 },
  };
  const verdict = toVerdict({ ...HEALTHY, replication });
  expect(verdict.level).toBe("broken");
  expect(verdict.sentences).toHaveLength(2);
  expect(verdict.sentences[0]).toContain("connection refused");
});
