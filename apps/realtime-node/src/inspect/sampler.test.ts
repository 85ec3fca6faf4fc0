import type { Sample } from "@tidewire/db/node-store";
import type { ProjectCounters } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import { createLog } from "../log.ts";
import { type ProjectReading, Sampler } from "./sampler.ts";

const counters = (over: Partial<ProjectCounters> = {}): ProjectCounters => ({
  connections: 1,
  channels: 1,
  joins: 0,
  joinsRefused: 0,
  messagesIn: 0,
  deliveries: 0,
  changes: 0,
  presenceEvents: 0,
  evictions: 0,
  bytesIn: 0,
  bytesOut: 0,
  ...over,
});

function createBench() {
  const bench = {
    readings: [] as ProjectReading[],
    written: [] as Sample[],
    away: false,
    nowMs: 0,
    tick: () => undefined as unknown,
  };
  const sampler = new Sampler({
    node: "n1",
    store: {
      async writeSamples(samples) {
        if (bench.away) throw new Error("away");
        bench.written.push(...samples);
      },
    },
    readProjects: () => bench.readings,
    readNode: () => ({ eventLoopP99Ms: 1, heapBytes: 2, rssBytes: 3 }),
    clock: {
      nowMs: () => bench.nowMs,
      monotonicMs: () => bench.nowMs,
      after: () => ({ stop: () => undefined }),
      every: (_periodMs, run) => {
        bench.tick = run;
        return { stop: () => undefined };
      },
    },
    log: createLog({ level: "silent", fields: {} }),
  });
  const value = (name: string, ref: string | null = "a") =>
    bench.written
      .filter((sample) => sample.name === name && sample.ref === ref)
      .map((sample) => sample.value);
  return { bench, sampler, value };
}

test("a counter's sample is what it grew by, so that sums over any span are exact", async () => {
  const { bench, value } = createBench();
  for (const joins of [5, 5, 12]) {
    bench.readings = [{ ref: "a", counters: counters({ joins }), replication: null }];
    const before = bench.written.length;
    bench.tick();
    await expect.poll(() => bench.written.length).toBeGreaterThan(before);
  }
  expect(value("joins")).toEqual([5, 0, 7]);
  expect(value("connections")).toEqual([1, 1, 1]);
  expect(value("rssBytes", null)).toEqual([3, 3, 3]);
});

test("[P9] samples wait while the control database is away and keep their times", async () => {
  const { bench, sampler, value } = createBench();
  bench.readings = [{ ref: "a", counters: counters({ joins: 1 }), replication: null }];
  bench.away = true;
  bench.nowMs = 1_000;
  bench.tick();
  await expect.poll(() => bench.written).toEqual([]);
  bench.away = false;
  bench.nowMs = 6_000;
  await sampler.close();
  expect(value("joins")).toEqual([1, 0]);
  expect(new Set(bench.written.map((sample) => sample.atMs))).toEqual(new Set([1_000, 6_000]));
});

test("a project that does nothing writes nothing", async () => {
  const { bench, sampler } = createBench();
  bench.readings = [{ ref: "a", counters: counters({ connections: 0, channels: 0 }), replication: null }];
  await sampler.close();
  expect(bench.written.filter((sample) => sample.ref === "a")).toEqual([]);
});
