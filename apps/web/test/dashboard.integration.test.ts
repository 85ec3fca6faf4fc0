import { once } from "node:events";
import { eventually } from "@tidewire/testkit/eventually";
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEventStream } from "../src/server/fleet/event-stream.ts";
import type { AppRouter } from "../src/server/root.ts";
import { ADMIN, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import {
  type DashboardServer,
  freePort,
  isBuilt,
  postSignIn,
  signIn,
  spawnDashboard,
  startDashboard,
} from "./dashboard-server.ts";

const ref = "demo0000000000000000";

describe.runIf(isBuilt)("the built dashboard", { timeout: 60_000 }, () => {
  let plane: TestControlPlane;
  let dashboard: DashboardServer;
  beforeAll(async () => {
    plane = await startControlPlane();
    dashboard = await startDashboard(plane);
  }, 120_000);
  afterAll(async () => {
    await dashboard[Symbol.asyncDispose]();
    await plane[Symbol.asyncDispose]();
  });

  const clientOf = (url: string, cookie?: string) =>
    createTRPCClient<AppRouter>({
      links: [
        httpBatchLink({
          url: `${url}/api/trpc`,
          transformer: superjson,
          headers: cookie === undefined ? {} : { cookie },
        }),
      ],
    });

  test("signed in, the procedures answer; signed out, they refuse with a sentence", async () => {
    const api = clientOf(dashboard.url, await signIn(dashboard.url));
    expect((await api.me.session.query()).user.email).toBe(ADMIN.email);
    expect((await api.projects.list.query()).projects.map((project) => project.ref)).toEqual([ref]);
    await expect(clientOf(dashboard.url).projects.list.query()).rejects.toMatchObject({
      message: "You are signed out.",
      data: { code: "UNAUTHORIZED", problem: { code: "SignedOut" } },
    });
  });

  test("both names of loopback are one origin, a strange one is refused", async () => {
    const { port } = new URL(dashboard.url);
    expect((await postSignIn(dashboard.url, ADMIN.password, `http://localhost:${port}`)).status).toBe(200);
    const fromElsewhere = await fetch(`${dashboard.url}/api/auth/sign-out`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: "https://evil.example.com",
        cookie: await signIn(dashboard.url),
      },
      body: "{}",
    });
    expect(fromElsewhere.status).toBe(403);
  });

  test("too many attempts are told how long to wait", async () => {
    await using strict = await startDashboard(plane, { TIDEWIRE_SIGN_IN_LIMIT: "2" });
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await postSignIn(strict.url, "wrong password")).status).toBe(401);
    }
    const refused = await postSignIn(strict.url, ADMIN.password);
    expect(refused.status).toBe(429);
    expect((await refused.json()).message).toMatch(/Too many attempts.*Try again in \d+ s\./);
  });

  test("a subscription streams, and ends on the server when its reader goes", async () => {
    const cookie = await signIn(dashboard.url);
    const input = encodeURIComponent(JSON.stringify({ json: { ref } }));
    const abort = new AbortController();
    const response = await fetch(`${dashboard.url}/api/trpc/overview.live?input=${input}`, {
      headers: { cookie, accept: "text/event-stream" },
      signal: abort.signal,
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const views: unknown[] = [];
    if (response.body === null) throw new Error("no body");
    for await (const { event, data } of readEventStream(response.body)) {
      if (event === "message") views.push(JSON.parse(data));
      if (views.length === 2) break;
    }
    abort.abort();
    expect(views[0]).toMatchObject({ json: { ref, verdict: { level: "broken" } } });
  });

  test("[P9] without the control database a new sign-in is told the truth, and health says why", async () => {
    const cookie = await signIn(dashboard.url);
    await plane.postgres.stop("fast");
    const response = await postSignIn(dashboard.url, ADMIN.password);
    expect(response.status).toBe(503);
    expect((await response.json()).message).toContain("control database does not answer");
    expect((await fetch(`${dashboard.url}/api/health`)).status).toBe(503);
    await expect(clientOf(dashboard.url, cookie).projects.list.query()).rejects.toMatchObject({
      data: { problem: { code: "ControlDatabaseDown" } },
    });
    await plane.postgres.start();
    await eventually(async () => (await fetch(`${dashboard.url}/api/health`)).ok, { withinMs: 15_000 });
    expect((await clientOf(dashboard.url, cookie).projects.list.query()).projects).toHaveLength(1);
  });

  test("settings that cannot work are all named, and the server does not start", async () => {
    const { child, output } = spawnDashboard(plane, await freePort(), {
      BETTER_AUTH_SECRET: "short",
      TIDEWIRE_NODE_SECRET: "",
    });
    const [code] = await once(child, "exit");
    expect(code).toBe(1);
    expect(output()).toContain("BETTER_AUTH_SECRET must have at least 32 characters.");
    expect(output()).toContain("TIDEWIRE_NODE_SECRET is not set.");
  });
});
