import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { NodeSnapshot } from "@tidewire/protocol/cluster/inspect";
import { eventually } from "@tidewire/testkit/eventually";
import { freePorts } from "@tidewire/testkit/free-ports";
import { startTcpRelay } from "@tidewire/testkit/tcp-relay";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../apps/realtime-node/src/clock.ts";
import { startCluster } from "../../../apps/realtime-node/test/harness.ts";
import { RouteReports } from "../src/route-reports.ts";
import { createLiveClient, subscribed } from "./live-client.ts";

const PATIENCE = { withinMs: 60_000 };
const EVERY_MS = 100;
/** Far more than the 30 ms of the rule, so that a busy machine does not hide it. */
const ONE_WAY_MS = 150;
const MINUTE_MS = 61_000;

test("[M9] [M10] a client that another region would serve faster measures it, and operators are told", async () => {
  let aheadMs = 0;
  const clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
  };
  const [port = 0] = await freePorts(1);
  await using slow = await startTcpRelay({ port });
  slow.delay(ONE_WAY_MS);
  const eu = {
    TIDEWIRE_REGION: "eu",
    TIDEWIRE_PORT: String(port),
    TIDEWIRE_PUBLIC_URL: `http://127.0.0.1:${slow.port}`,
  };
  const us = { TIDEWIRE_REGION: "us" };
  await using cluster = await startCluster({ nodes: 2, clock, env: (node) => (node === 0 ? eu : us) });
  const apikey = cluster.project.keys.publishable.value;
  const reportRoute = { everyMs: EVERY_MS };
  await using client = createLiveClient(cluster.projectUrl(0), apikey, {}, { reportRoute });
  await subscribed(client.live.channel("room"));
  const report = async () => {
    const { routeReport } = await client.live.diagnose();
    if (routeReport === null) throw new Error("nothing was reported yet");
    return routeReport;
  };
  const { measured, misrouted } = await eventually(report, PATIENCE);
  expect(measured).toMatchObject([{ region: "eu" }, { region: "us" }]);
  expect(measured[0]?.rttMs).toBeGreaterThanOrEqual(2 * ONE_WAY_MS - 1);
  expect(misrouted).toBe(false);

  // Time is moved instead of waited for: what one report says, the next one has to say a minute later.
  await eventually(async () => {
    const { atMs: beforeMs } = await report();
    aheadMs += MINUTE_MS;
    await eventually(async () => expect((await report()).atMs).toBeGreaterThan(beforeMs), PATIENCE);
    expect(await report()).toMatchObject({ misrouted: true, betterRegion: "us" });
    const { routes } = (await cluster.inspect(0).query("snapshot")) as NodeSnapshot;
    expect(routes.misroutes).toMatchObject([{ kind: "client", region: "eu", betterRegion: "us" }]);
  }, PATIENCE);
}, 180_000);

test("a server that does not know the question is asked once", async () => {
  const asked = { unknown: 0, known: 0 };
  const server = createServer(({ url = "" }, response) => {
    const isKnown = url.startsWith("/known/");
    asked[isKnown ? "known" : "unknown"]++;
    response.statusCode = isKnown ? 200 : 404;
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const start = (path: string) => {
    const httpEndpoint = `http://127.0.0.1:${port}/${path}/realtime/v1/api/broadcast`;
    return new RouteReports({ httpEndpoint, fetch, apiKey: "key", isConnected: () => true }, EVERY_MS);
  };
  const both = [start("unknown"), start("known")];
  await eventually(() => asked.known >= 5, PATIENCE);
  expect(asked.unknown).toBe(1);
  for (const reports of both) reports.close();
  server.closeAllConnections();
  server.close();
});
