import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import { connectPhoenix } from "@tidewire/testkit/phoenix-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeProjects } from "../src/server/services/bootstrap/describe-projects.ts";
import { randomNodePort, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { isBuilt, startDashboard } from "./dashboard-server.ts";

const ENTRY = join(import.meta.dirname, "../../realtime-node/dist/main.js");
const TOPIC = "realtime:room";

describe.runIf(isBuilt && existsSync(ENTRY))("a dashboard that is killed", { timeout: 90_000 }, () => {
  let plane: TestControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ nodes: 1 });
  }, 120_000);
  afterAll(async () => {
    for (const { pid, state } of await plane.resources.db.node.findMany())
      if (state !== "gone") process.kill(pid, "SIGKILL");
    await plane[Symbol.asyncDispose]();
  });

  const readyNode = () =>
    eventually(() => plane.resources.db.node.findFirstOrThrow({ where: { state: "ready" } }), {
      withinMs: 30_000,
    });

  test("[P9] disconnects nobody, and its successor goes on with the same nodes", async () => {
    const env = {
      TIDEWIRE_FLEET: "process",
      TIDEWIRE_NODE_ENTRY: ENTRY,
      TIDEWIRE_NODE_PORT: String(randomNodePort()),
    };
    const first = await startDashboard(plane, env);
    const before = await readyNode();
    const [project] = await describeProjects({ ...plane.bootstrapOptions, nodeUrlOf: () => before.url });
    await using client = await connectPhoenix({ url: project?.url ?? "", apikey: project?.anonKey ?? "" });
    await client.join(TOPIC, { broadcast: { self: true } });

    first.child.kill("SIGKILL");
    client.broadcast(TOPIC, "while-away", {});
    await client.expectFrame({ topic: TOPIC, event: "broadcast" });

    await using second = await startDashboard(plane, env);
    await eventually(async () => {
      const health = await (await fetch(`${second.url}/api/health`)).json();
      expect(health).toMatchObject({ ok: true, fleet: "leader" });
    });
    expect((await readyNode()).pid).toBe(before.pid);
    expect(client.open).toBe(true);

    process.kill(before.pid, "SIGKILL");
    await eventually(async () => expect((await readyNode()).pid).not.toBe(before.pid), { withinMs: 10_000 });
  });
});
