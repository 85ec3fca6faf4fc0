import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { isBuilt, signIn, startDashboard } from "./dashboard-server.ts";

/** A container engine kills after ten. */
const LEAVES_WITHIN_MS = 9_000;

describe.runIf(isBuilt)("a dashboard that is asked to end", () => {
  let plane: TestControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  });
  afterAll(() => plane[Symbol.asyncDispose]());

  test.each([
    ["no page open", false],
    ["a live page open", true],
  ])("with %s is gone soon, with code 0", async (_what, isWatched) => {
    await using dashboard = await startDashboard(plane, { TIDEWIRE_SIGN_IN_LIMIT: "off" });
    if (isWatched) {
      const cookie = await signIn(dashboard.url);
      const headers = { cookie, accept: "text/event-stream" };
      const live = await fetch(`${dashboard.url}/api/trpc/fleet.live`, { headers });
      const reader = live.body?.getReader();
      expect((await reader?.read())?.done).toBe(false);
    }
    const askedAtMs = performance.now();
    const exited = once(dashboard.child, "exit");
    dashboard.child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - askedAtMs).toBeLessThan(LEAVES_WITHIN_MS);
  });
});
