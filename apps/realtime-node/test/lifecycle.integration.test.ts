import { eventually } from "@tidewire/testkit/eventually";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { expect, test } from "vitest";
import { startCluster } from "./harness.ts";

test("a node that is closed without a drain cuts its clients off, frees its ports and can be started again", async () => {
  await using cluster = await startCluster();
  const client = await cluster.connect();
  await client.join("realtime:room");
  using watch = startStopwatch();
  await cluster.restart(0);
  expect(watch.ms).toBeLessThan(15_000);
  expect((await client.expectClose()).code).toBe(1006);
  const again = await cluster.connect();
  await again.join("realtime:room");
});

test("closing and draining twice is harmless", async () => {
  await using cluster = await startCluster();
  const [node] = cluster.nodes;
  await Promise.all([node?.drain(), node?.drain()]);
  await Promise.all([node?.close(), node?.close()]);
});

test("the control database learns which keys come in, and nothing of a key that is refused", async () => {
  await using cluster = await startCluster();
  const { plane } = cluster.control;
  const { publishable, secret } = cluster.project.keys;
  const lastUsed = async ({ id }: { id: string }) =>
    (await plane.db.apiKey.findUniqueOrThrow({ where: { id } })).lastUsedAt;
  await cluster.connect();
  await expect(cluster.connect(0, { apikey: `${secret.value}x` })).rejects.toThrow();
  await eventually(async () => (await lastUsed(publishable)) !== null, { withinMs: 30_000 });
  expect(await lastUsed(secret)).toBeNull();
});
