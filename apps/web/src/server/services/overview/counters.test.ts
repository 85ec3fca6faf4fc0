import type { ProjectCounters, ProjectSnapshot } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import { sumCounters, toRates, toRegionShares } from "./counters.ts";

const ZERO: ProjectCounters = {
  connections: 0,
  channels: 0,
  joins: 0,
  joinsRefused: 0,
  messagesIn: 0,
  deliveries: 0,
  changes: 0,
  presenceEvents: 0,
  evictions: 0,
  bytesIn: 0,
  bytesOut: 0,
};

function at(node: string, atMs: number, counters: Partial<ProjectCounters>, region = "eu"): ProjectSnapshot {
  return { node, region, atMs, counters: { ...ZERO, ...counters } };
}

test("counters of all nodes add up", () => {
  const sum = sumCounters([at("a", 0, { connections: 2, joins: 5 }), at("b", 0, { connections: 3 })]);
  expect(sum).toMatchObject({ connections: 5, joins: 5, bytesOut: 0 });
});

test("rates come from each node's own interval", () => {
  const before = [at("a", 1_000, { messagesIn: 10 }), at("b", 1_000, { messagesIn: 0 })];
  const now = [at("a", 2_000, { messagesIn: 20 }), at("b", 3_000, { messagesIn: 20 })];
  expect(toRates(before, now)).toMatchObject({ messagesIn: 20, joins: 0 });
});

test("a node that started anew, or is new, is left out instead of making a spike", () => {
  const before = [at("a", 1_000, { messagesIn: 1_000 }), at("b", 1_000, { messagesIn: 5 })];
  const now = [
    at("a", 2_000, { messagesIn: 3 }),
    at("b", 2_000, { messagesIn: 6 }),
    at("c", 2_000, { messagesIn: 900 }),
  ];
  expect(toRates(before, now)).toMatchObject({ messagesIn: 1 });
  expect(toRates([], now)).toBeNull();
});

test("regions are listed with their share", () => {
  const shares = toRegionShares([
    at("b", 0, { connections: 1 }, "us"),
    at("a", 0, { connections: 2 }),
    at("c", 0, { channels: 4 }),
  ]);
  expect(shares).toEqual([
    { region: "eu", nodes: 2, connections: 2, channels: 4 },
    { region: "us", nodes: 1, connections: 1, channels: 0 },
  ]);
});
