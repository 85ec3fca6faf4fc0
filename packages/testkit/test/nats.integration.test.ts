import { describe, expect, test } from "vitest";
import { findNatsServer, startNats } from "../src/nats.ts";

const REGIONS = ["eu", "us", "ap"];

describe.skipIf(findNatsServer() === undefined)("nats-servers for tests", () => {
  test("one region is one server without gateways, with the settings asked for", async () => {
    await using nats = await startNats({ settings: ["max_payload: 12345"] });
    const [region] = nats.regions;
    expect(nats.url).toBe(region?.url);
    expect(await region?.monitor.varz()).toMatchObject({ max_payload: 12_345, slow_consumers: 0 });
    expect(await region?.monitor.crossed()).toEqual({});
  });

  test("every region reaches every other; one cut off is unreachable until mended", async () => {
    await using nats = await startNats({ regions: REGIONS });
    expect((await nats.region("eu").monitor.links()).to.sort()).toEqual(["ap", "us"]);

    await nats.cut("ap");
    expect(await nats.region("ap").monitor.links()).toEqual({ to: [], from: [] });
    expect((await nats.region("eu").monitor.links()).to).toEqual(["us"]);
    await nats.mend();

    await nats.cut("eu", "us");
    expect((await nats.region("eu").monitor.links()).to).toEqual(["ap"]);
    expect((await nats.region("ap").monitor.links()).to.sort()).toEqual(["eu", "us"]);
    await nats.mend();
  });

  test("a killed server comes back on its ports and is joined again", async () => {
    await using nats = await startNats({ regions: REGIONS });
    const us = nats.region("us");
    const { pid, url } = us;
    await us.kill();
    expect(us.pid).toBe(0);
    await us.start();
    expect(us.pid).not.toBe(pid);
    expect(us.url).toBe(url);
    await nats.linked();
  });
});
