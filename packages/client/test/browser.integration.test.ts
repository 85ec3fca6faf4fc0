import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { signUserToken } from "@tidewire/testkit/tokens";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../../apps/realtime-node/test/harness.ts";
import { createLiveClient, subscribed } from "./live-client.ts";
import { startMovingServer } from "./moving-server.ts";
import { openPage } from "./page.ts";

const TOKEN_LIFE_S = 5;
const PATIENCE = { withinMs: 30_000 };
/** Issue 5: live again this soon after the page wakes. */
const LIVE_AGAIN_MS = 2_000;

/** What `page.ts` puts on the window. */
interface App {
  heard: { n: number; atMs: number }[];
  channel: { diagnose(): { gaps: unknown[]; recoveries: unknown[] } };
}
declare global {
  interface Window {
    app: App;
    start(options: { url: string; apikey: string; topic: string }): Promise<string>;
  }
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

test("[P3] [A14] a page that slept until its token had expired and its socket was gone is live again within 2 s, with what it missed", async () => {
  const apikey = cluster.project.keys.publishable.value;
  const { jwtSecret, ref } = cluster.project;
  await using server = await startMovingServer(cluster.projectUrl(0));
  await using opened = await openPage(() =>
    signUserToken(jwtSecret, { exp: Math.floor(Date.now() / 1_000) + TOKEN_LIFE_S }),
  );
  const { page } = opened;
  await using writer = createLiveClient(cluster.projectUrl(1), apikey);
  const topic = `sleep-${randomUUID()}`;
  const outgoing = writer.live.channel(topic);
  await subscribed(outgoing);
  const url = `${server.url.replace("http", "ws")}/realtime/v1`;
  expect(await page.evaluate((options) => window.start(options), { url, apikey, topic })).toBe("SUBSCRIBED");
  await outgoing.publish("n", { n: 0 });
  const heard = () => page.evaluate(() => window.app.heard);
  await eventually(async () => expect(await heard()).toHaveLength(1), PATIENCE);

  const session = await page.context().newCDPSession(page);
  server.relay.pause();
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  const connections = async () => (await cluster.inspect(0).query("connections", { ref })) as unknown[];
  await eventually(async () => expect(await connections()).toEqual([]), PATIENCE);
  for (let n = 1; n <= 5; n++) await outgoing.publish("n", { n });
  const tokensBefore = opened.tokensGiven;

  const wokeMs = Date.now();
  server.relay.resume();
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await eventually(async () => expect(await heard()).toHaveLength(6), PATIENCE);
  const all = await heard();
  expect(all.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5]);
  expect((all.at(-1)?.atMs ?? Number.NaN) - wokeMs).toBeLessThan(LIVE_AGAIN_MS);
  expect(opened.tokensGiven).toBeGreaterThan(tokensBefore);
  expect(await page.evaluate(() => window.app.channel.diagnose())).toMatchObject({ gaps: [] });
}, 120_000);

test("[P3] a page whose connection breaks goes on by itself, on another node", async () => {
  const apikey = cluster.project.keys.publishable.value;
  await using server = await startMovingServer(cluster.projectUrl(0));
  await using opened = await openPage(() => signUserToken(cluster.project.jwtSecret));
  await using writer = createLiveClient(cluster.projectUrl(1), apikey);
  const topic = `break-${randomUUID()}`;
  const outgoing = writer.live.channel(topic);
  await subscribed(outgoing);
  const url = `${server.url.replace("http", "ws")}/realtime/v1`;
  await opened.page.evaluate((options) => window.start(options), { url, apikey, topic });
  server.pointTo(cluster.projectUrl(1));
  server.breakConnections();
  for (let n = 0; n < 20; n++) await outgoing.publish("n", { n });
  await eventually(async () => {
    const heard = await opened.page.evaluate(() => window.app.heard.map(({ n }) => n));
    expect(heard).toEqual(Array.from({ length: 20 }, (_, n) => n));
  }, PATIENCE);
}, 120_000);
