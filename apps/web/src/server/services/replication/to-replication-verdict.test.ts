import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import type { DatabaseWitness, SlotFacts, SlotHolder } from "../../views/replication.ts";
import type { Surveyed } from "../../views/survey.ts";
import { newestHome } from "./newest-home.ts";
import { toReplicationVerdict } from "./to-replication-verdict.ts";

const NONE = { p50: 0, p95: 0, p99: 0, count: 0 };
const HOME: ReplicationSnapshot = {
  node: "eu-1",
  region: "eu",
  epoch: 1,
  homeSinceMs: 0,
  state: "streaming",
  slot: "tidewire_demo",
  lagMs: 8,
  lagBytes: 120,
  retainedBytes: 1_000,
  retainedBytesMax: 1_000_000,
  stages: {},
  total: NONE,
  changesPerSecond: 12,
  shapes: 1,
  tables: [],
  outages: [],
  pool: { size: 2, inUse: 0, queued: 0, coalesced: 0, hits: 0, misses: 0 },
};
const ALL: Surveyed = { askedAtMs: 0, answered: ["eu-1"], silent: [], silentNodes: [] };
const silentNodes = [{ node: "eu-2", region: "eu", beatAtMs: 58_000, connections: 1, reason: "" }];
const SILENT: Surveyed = { ...ALL, answered: [], silent: ["eu-2"], silentNodes };
const of = (
  home: Partial<ReplicationSnapshot> | null,
  surveyed = ALL,
  database: DatabaseWitness | null = null,
) => toReplicationVerdict({ home: home && { ...HOME, ...home }, surveyed, database, nowMs: 100_000 });

const HOLDER: SlotHolder = {
  pid: 4711,
  user: "postgres",
  application: "pg_recvlogical",
  address: "10.0.0.4",
  connectedForMs: 180_000,
  isOurs: false,
};
const said = (slot: Partial<SlotFacts> | null): DatabaseWitness => ({
  kind: "said",
  askedAtMs: 0,
  blocker: null,
  slot: slot && {
    name: "tidewire_demo",
    walStatus: "reserved",
    retainedBytes: 2_048,
    lagBytes: 1_024,
    confirmedLsn: "0/1",
    restartLsn: "0/1",
    serverLsn: "0/9",
    holder: null,
    inactiveForMs: null,
    unmovedForMs: 0,
    ...slot,
  },
});

test("a healthy stream says what it does", () => {
  expect(of({})).toMatchObject({
    level: "ok",
    sentence: expect.stringMatching(/8(\.0)? ms behind the last commit/),
  });
});

test("no home is idle, unless the node that may be home is silent", () => {
  expect(of(null).level).toBe("idle");
  expect(of(null, { ...SILENT, answered: ["eu-1"] })).toMatchObject({
    level: "warning",
    sentence: expect.stringContaining("eu-2"),
  });
  expect(of(null, { ...ALL, answered: [] }).level).toBe("broken");
});

test("a lost database is told with its reason and since when", () => {
  const outages = [{ fromMs: 70_000, reason: "connection refused" }];
  expect(of({ state: "lost", outages })).toEqual({
    level: "broken",
    sentence:
      "The database is lost for 30 s: connection refused. Committed rows wait in the slot and follow in order.",
    remedy: null,
  });
  expect(of({ state: "lost", outages }, ALL, said({})).sentence).toContain("the fault lies between");
});

test("lag grows from a warning to an incident and names the blocker", () => {
  const blocker = { pid: 4711, user: "backup", ageMs: 540_000, queryStartMs: 0, query: "", state: "idle" };
  expect(of({ lagMs: 6_000 }).level).toBe("warning");
  expect(of({ lagMs: 60_000, blocker })).toMatchObject({
    level: "broken",
    sentence: expect.stringContaining("pid 4711"),
  });
});

test("a slot that fills up is a warning before it is lost", () => {
  expect(of({ retainedBytes: 800_000 })).toMatchObject({
    level: "warning",
    sentence: expect.stringContaining("given up"),
  });
});

test("a transaction that pins the slot is named with pid, age and what ends it, though nothing lags", () => {
  const blocker = {
    pid: 4711,
    user: "backup",
    application: "nightly",
    ageMs: 540_000,
    queryStartMs: 0,
    query: "",
    state: "idle in transaction",
  };
  const verdict = of({ blocker, retainedBytes: 500_000 });
  expect(verdict).toMatchObject({ level: "warning", remedy: "select pg_terminate_backend(4711);" });
  expect(verdict.sentence).toMatch(
    /`backup` \(`nightly`\), pid 4711, has been open for 9 min, idle in transaction/,
  );
  expect(of({ blocker: { ...blocker, database: "billing" } }).sentence).toContain("in database `billing`");
  expect(of({ blocker: { ...blocker, ageMs: 6_000 } }).level).toBe("ok");
});

test("a walsender that does not answer is blamed, one that we do not listen to is not", () => {
  const sender = { pid: 99, silentMs: 8_000, paused: false };
  expect(of({ lagMs: 8_000, sender })).toMatchObject({
    level: "warning",
    sentence: expect.stringContaining(
      "the walsender (pid 99) has not answered eu-1 for 8 s, though the database does",
    ),
  });
  expect(of({ lagMs: 8_000, sender: { ...sender, paused: true } }).sentence).toContain(
    "eu-1 reads no further",
  );
  expect(of({ sender: { ...sender, silentMs: 700 } }).level).toBe("ok");
});

test("a frozen home is blamed by what the database says of its session", () => {
  const holder = { ...HOLDER, pid: 12, application: "tidewire_demo", isOurs: true };
  const { level, sentence } = of(null, SILENT, said({ holder, unmovedForMs: 40_000 }));
  expect(level).toBe("broken");
  expect(sentence).toBe(
    "The consumer has stopped: node eu-2 has not answered since its last beat 42 s ago. " +
      "It still holds the slot (pid 12) and has acknowledged nothing for 40 s. 1 KiB of WAL wait in the slot and follow in order.",
  );
  expect(of(null, ALL, said({ holder }))).toMatchObject({
    level: "warning",
    sentence: expect.stringContaining("earlier home's session (pid 12)"),
    remedy: "select pg_terminate_backend(12);",
  });
});

test("somebody else's session on the slot is named, with or without a home", () => {
  for (const home of [null, { state: "lost" } as const]) {
    expect(of(home, ALL, said({ holder: HOLDER }))).toMatchObject({
      level: "broken",
      sentence: expect.stringMatching(
        /pid 4711 \(`pg_recvlogical` of `postgres` from 10\.0\.0\.4\), connected for 3 min/,
      ),
      remedy: "select pg_terminate_backend(4711);",
    });
  }
});

test("a slot that nobody reads is idle while it is small, and broken when its node is gone", () => {
  expect(of(null, ALL, said({ inactiveForMs: 60_000 }))).toMatchObject({
    level: "idle",
    sentence: expect.stringContaining("Nobody has read the slot for 1 min"),
  });
  expect(of(null, ALL, said({ lagBytes: 10 ** 9 })).level).toBe("warning");
  expect(of(null, SILENT, said({})).level).toBe("broken");
  expect(of(null, ALL, said(null)).level).toBe("idle");
  const silent = { kind: "silent", askedAtMs: 0, reason: "The server is away." } as const;
  expect(of(null, SILENT, silent).sentence).toContain("Nor does the database: the server is away.");
});

test("of two homes the later epoch counts", () => {
  expect(
    newestHome([null, { ...HOME, epoch: 2, node: "old" }, { ...HOME, epoch: 3, node: "new" }])?.node,
  ).toBe("new");
  expect(newestHome([null])).toBeNull();
});
