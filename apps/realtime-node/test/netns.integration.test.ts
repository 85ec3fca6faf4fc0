import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tryNetns } from "./harness/netns.ts";
import { startCluster } from "./harness.ts";

const MEMBER = fileURLToPath(new URL("harness/member-process.mjs", import.meta.url));
/** Promise P4, and what a busy machine adds to it. */
const GONE_MS = 10_000;
const BUSY_MS = 2_000;

test("[P4] a client whose cable is pulled is gone within 10 s, seen from another node", async ({ skip }) => {
  const machine = tryNetns();
  if (machine === undefined) return skip();
  await using netns = machine;
  const cable = netns.cable();
  await using cluster = await startCluster({ nodes: 2, env: { TIDEWIRE_HOST: cable.hostAddress } });
  const topic = `realtime:cable-${randomUUID()}`;
  const onlooker = await cluster.connect(1);
  await onlooker.join(topic, { presence: { enabled: true } });
  const socketUrl = `${cluster.projectUrl(0).replace("http", "ws")}/socket/websocket`;
  const query = `?apikey=${cluster.project.keys.publishable.value}&vsn=2.0.0`;
  const member = netns.run(process.execPath, [MEMBER, socketUrl + query, topic, "far"]);
  if (member.stdout !== null) await once(member.stdout, "data");
  await onlooker.expectFrame({ event: "presence_diff", payload: { joins: { far: {} } } });

  cable.pull();
  const pulledMs = Date.now();
  const isGone = { event: "presence_diff", payload: { leaves: { far: {} } } };
  const { atMs } = await onlooker.expectFrame(isGone, { withinMs: 30_000 });
  expect(atMs - pulledMs).toBeLessThan(GONE_MS + BUSY_MS);
});
