import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "@tidewire/testkit/eventually";
import { signUserToken } from "@tidewire/testkit/tokens";
import type { Fleet } from "../../../apps/realtime-node/test/soak/fleet.ts";
import { startMovingServer } from "../../../packages/client/test/moving-server.ts";
import { launchBrowser, openPage } from "../../../packages/client/test/page.ts";
import { newRoom, ONLOOKER, VICTIM } from "./room.ts";

/** Less than the silence after which a node closes a socket. */
const TOKEN_LIFE_S = 5;
const PATIENCE = { withinMs: 60_000 };
/** Pages that sleep at once. They wake one by one, so that none slows another down. */
const PAGES = 5;
const WAKE_EVERY_MS = 2_000;
const MISSED = 5;

/** As `page.ts` keeps it. */
interface Heard {
  n: number;
  atMs: number;
}

type Browser = Awaited<ReturnType<typeof launchBrowser>>;

/**
 * Pages of a real Chromium with `@tidewire/client`, frozen until their tokens have expired and the node has closed their
 * sockets: from the wake to the last broadcast that was missed.
 */
export async function wakes(fleet: Fleet, trials: number): Promise<number[]> {
  const browser = await launchBrowser();
  try {
    const took: number[] = [];
    while (took.length < trials) {
      const pages = Array.from({ length: Math.min(PAGES, trials - took.length) }, (_, i) =>
        sleepAndWake(fleet, browser, (i + 1) * WAKE_EVERY_MS),
      );
      took.push(...(await Promise.all(pages)));
    }
    return took;
  } finally {
    await browser.close();
  }
}

/** @param wakesAfterMs from the moment at which every page is asleep and the node has given them up */
async function sleepAndWake(fleet: Fleet, browser: Browser, wakesAfterMs: number): Promise<number> {
  const { ref, jwtSecret, keys } = fleet.project;
  const room = newRoom(fleet);
  await using writer = await room.join("writer", ONLOOKER);
  await using server = await startMovingServer(fleet.nodeUrl(VICTIM));
  await using opened = await openPage(
    () => signUserToken(jwtSecret, { exp: Math.floor(Date.now() / 1_000) + TOKEN_LIFE_S }),
    browser,
  );
  const { page } = opened;
  const options = {
    url: `${server.url.replace("http", "ws")}/realtime/v1`,
    apikey: keys.publishable.value,
    topic: room.topic.replace(/^realtime:/, ""),
  };
  await page.evaluate(`window.start(${JSON.stringify(options)})`);
  const hears = (count: number) =>
    eventually(async () => {
      const heard = await page.evaluate<Heard[]>("window.app.heard");
      if (heard.length < count) throw new Error(`the page has heard ${heard.length} of ${count}`);
      return heard;
    }, PATIENCE);
  writer.client.broadcast(room.topic, "n", { n: 0 });
  await hears(1);

  const session = await page.context().newCDPSession(page);
  server.relay.pause();
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await eventually(async () => {
    const open = (await fleet.inspect(VICTIM).query("connections", { ref })) as unknown[];
    return open.length === 0;
  }, PATIENCE);
  for (let n = 1; n <= MISSED; n++) writer.client.broadcast(room.topic, "n", { n });
  await delay(wakesAfterMs);

  const wokeMs = Date.now();
  server.relay.resume();
  await session.send("Page.setWebLifecycleState", { state: "active" });
  const heard = await hears(MISSED + 1);
  if (heard.some(({ n }, i) => n !== i)) throw new Error("a page heard broadcasts twice or out of order");
  return (heard.at(-1)?.atMs ?? Number.NaN) - wokeMs;
}
