import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { exposeHomes } from "./homes-gauges.ts";

const pool = { size: 2, inUse: 1, queued: 7, coalesced: 3, hits: 4, misses: 5, stale: 8, waitMs: 9 };

test("[P1] each home shows its budget, its queue and what the cache saved; a home that has moved shows nothing", async () => {
  const registry = new Registry();
  const refs = ["a"];
  exposeHomes(registry, {
    refs,
    snapshot: () => ({ state: "streaming", shapes: 6, pool }) as ReplicationSnapshot,
  });
  const text = await registry.metrics();
  expect(text).toContain('tidewire_home_pool_queued{tenant="a"} 7');
  expect(text).toContain('tidewire_home_checks_coalesced{tenant="a"} 3');
  expect(text).toContain('tidewire_home_checks_hit{tenant="a"} 4');
  expect(text).toContain('tidewire_home_checks_stale{tenant="a"} 8');
  expect(text).toContain('tidewire_home_pool_wait_milliseconds{tenant="a"} 9');
  expect(text).toContain('tidewire_home_streaming{tenant="a"} 1');
  expect(text).not.toContain("tidewire_home_lag_milliseconds{");
  refs.length = 0;
  expect(await registry.metrics()).not.toContain('tenant="a"');
});
