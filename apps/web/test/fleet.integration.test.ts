import { createServer } from "node:http";
import { join } from "node:path";
import { setDesiredNodes } from "@tidewire/db/regions";
import { eventually } from "@tidewire/testkit/eventually";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { afterEach, expect, test } from "vitest";
import { createResources } from "../src/server/resources.ts";
import type { NodeView } from "../src/server/views/fleet.ts";
import { ADMIN, randomNodePort, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { signInAs } from "./sign-in.ts";

const STAND_IN = join(import.meta.dirname, "fixtures/stand-in-node.mjs");
const started: TestControlPlane[] = [];

async function startFleet({ nodes, port = randomNodePort() }: { nodes: number; port?: number }) {
  const plane = await startControlPlane({
    nodes,
    env: {
      TIDEWIRE_FLEET: "process",
      TIDEWIRE_NODE_ENTRY: STAND_IN,
      TIDEWIRE_NODE_PORT: String(port),
      TIDEWIRE_OWNER_PID: String(process.pid),
      LOG_LEVEL: "silent",
    },
  });
  started.push(plane);
  plane.resources.reconciler?.start();
  const caller = await signInAs(plane.resources, ADMIN.email);
  const nodesNow = async (): Promise<NodeView[]> =>
    (await caller.fleet.snapshot()).regions
      .flatMap((region) => region.nodes)
      .filter(({ health }) => health !== "down");
  const firstNode = async (): Promise<NodeView> => {
    const [node] = await nodesNow();
    if (node === undefined) throw new Error("no node yet");
    return node;
  };
  return { plane, caller, nodesNow, firstNode, port };
}

afterEach(async () => {
  for (const plane of started.splice(0)) {
    for (const { pid } of await plane.resources.db.node.findMany()) tryKill(pid);
    await plane[Symbol.asyncDispose]();
  }
});

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("the desired number of nodes comes up, each on its own port", async () => {
  const { nodesNow, port } = await startFleet({ nodes: 2 });
  const nodes = await eventually(
    async () => {
      const now = await nodesNow();
      expect(now).toHaveLength(2);
      return now;
    },
    { withinMs: 30_000 },
  );
  expect(nodes.map(({ id }) => id)).toEqual(["local-1-1", "local-1-2"]);
  expect(nodes[0]?.url).toBe(`http://localhost:${port}`);
  expect(nodes[1]?.url).toBe(`http://localhost:${port + 1}`);
});

test("[M5] kill -9 of a node heals within 10 s, under the same id and on the same port", async () => {
  const { firstNode } = await startFleet({ nodes: 1 });
  const before = await eventually(firstNode, { withinMs: 30_000 });
  process.kill(before.pid ?? 0, "SIGKILL");
  using watch = startStopwatch();
  const after = await eventually(
    async () => {
      const node = await firstNode();
      expect(node.pid).not.toBe(before.pid);
      return node;
    },
    { withinMs: 30_000 },
  );
  expect(after).toMatchObject({ id: before.id, url: before.url });
  expect(watch.ms).toBeLessThan(10_000);
});

test("more and fewer nodes are wanted by a click, and the surplus leaves in order", async () => {
  const { caller, nodesNow } = await startFleet({ nodes: 1 });
  await eventually(async () => expect(await nodesNow()).toHaveLength(1), { withinMs: 30_000 });
  await caller.fleet.setDesired({ region: "local-1", desired: 3 });
  await eventually(async () => expect(await nodesNow()).toHaveLength(3), { withinMs: 30_000 });
  const pids = (await nodesNow()).map(({ pid }) => pid ?? 0);
  await caller.fleet.setDesired({ region: "local-1", desired: 1 });
  await eventually(async () => expect(pids.map(isAlive)).toEqual([true, false, false]), { withinMs: 30_000 });
  const rows = await caller.fleet.snapshot();
  expect(rows.regions[0]).toMatchObject({ desired: 1, actual: 1 });
  expect(rows.reconciler.role).toBe("leader");
});

test("a dashboard that restarts adopts the nodes it left and disturbs none", async () => {
  const { plane, firstNode } = await startFleet({ nodes: 1 });
  const before = await eventually(firstNode, { withinMs: 30_000 });
  await plane.resources.reconciler?.close();

  const next = createResources(plane.env);
  next.reconciler?.start();
  try {
    await eventually(() => expect(next.reconciler?.view().role).toBe("leader"));
    const caller = await signInAs(next, ADMIN.email);
    const view = await caller.fleet.snapshot();
    expect(view.regions[0]?.nodes.map(({ pid }) => pid)).toEqual([before.pid]);
    expect(view.reconciler.actions[0]?.sentence).toContain("was running already");

    process.kill(before.pid ?? 0, "SIGKILL");
    await eventually(
      async () => {
        expect((await firstNode()).pid).not.toBe(before.pid);
      },
      { withinMs: 30_000 },
    );
  } finally {
    await next.reconciler?.close();
    await next.db.$disconnect();
  }
});

test("of two dashboards one leads; when it goes the other takes over", async () => {
  const { plane, nodesNow } = await startFleet({ nodes: 1 });
  await eventually(async () => expect(await nodesNow()).toHaveLength(1), { withinMs: 30_000 });
  const second = createResources(plane.env);
  second.reconciler?.start();
  try {
    await eventually(() => expect(second.reconciler?.view().lastPassAtMs).not.toBeNull());
    const caller = await signInAs(second, ADMIN.email);
    const { reconciler } = await eventually(async () => {
      const view = await caller.fleet.snapshot();
      expect(view.reconciler.actions).not.toEqual([]);
      return view;
    });
    expect(reconciler).toMatchObject({ role: "follower", problems: [] });
    expect(reconciler.actions.at(-1)?.sentence).toContain("local-1-1 was started");
    await plane.resources.reconciler?.close();
    await eventually(() => expect(second.reconciler?.view().role).toBe("leader"));
    expect(await nodesNow()).toHaveLength(1);
  } finally {
    await second.reconciler?.close();
    await second.db.$disconnect();
  }
});

test("a port in use is stepped over", async () => {
  const port = randomNodePort();
  const squatter = createServer();
  await new Promise<void>((done) => squatter.listen(port, "127.0.0.1", done));
  try {
    const { firstNode } = await startFleet({ nodes: 1, port });
    const node = await eventually(firstNode, { withinMs: 30_000 });
    expect(node.url).toBe(`http://localhost:${port + 1}`);
  } finally {
    squatter.close();
  }
});

test("a node that cannot live is tried again at growing intervals, and the fleet page says so", async () => {
  const { plane, caller, nodesNow } = await startFleet({ nodes: 0 });
  expect(await nodesNow()).toEqual([]);
  const broken = createResources({
    ...plane.env,
    nodeEntry: join(import.meta.dirname, "fixtures/crashing-node.mjs"),
  });
  await plane.resources.reconciler?.close();
  await setDesiredNodes(plane.resources.db, "local-1", 1);
  broken.reconciler?.start();
  try {
    await eventually(
      () => {
        const view = broken.reconciler?.view();
        expect(view?.problems.join()).toMatch(/local-1-1: it ended \d+ times in a row; next try in/);
      },
      { withinMs: 30_000 },
    );
    const starts = broken.reconciler
      ?.view()
      .actions.filter(({ sentence }) => sentence.includes("was started"));
    expect(starts?.length).toBeLessThan(6);
  } finally {
    await broken.reconciler?.close();
    await broken.db.$disconnect();
  }
  expect((await caller.fleet.snapshot()).regions[0]?.nodes).toEqual([]);
});

test("a node that was killed while nobody wanted it back does not haunt the fleet page", async () => {
  const { plane, caller, firstNode } = await startFleet({ nodes: 1 });
  const { pid } = await eventually(firstNode, { withinMs: 30_000 });
  await plane.resources.reconciler?.close();
  process.kill(pid ?? 0, "SIGKILL");
  await setDesiredNodes(plane.resources.db, "local-1", 0);
  const next = createResources(plane.env);
  next.reconciler?.start();
  try {
    await eventually(async () => {
      const [node] = (await caller.fleet.snapshot()).regions[0]?.nodes ?? [];
      expect(node).toMatchObject({ health: "down", connections: null });
      expect(node?.reason).toContain("It has ended");
    });
  } finally {
    await next.reconciler?.close();
    await next.db.$disconnect();
  }
});

test("without the node's program the fleet page says what to do", async () => {
  const { plane } = await startFleet({ nodes: 0 });
  await plane.resources.reconciler?.close();
  await setDesiredNodes(plane.resources.db, "local-1", 1);
  const broken = createResources({ ...plane.env, nodeEntry: "/nowhere/main.js" });
  broken.reconciler?.start();
  try {
    await eventually(() => expect(broken.reconciler?.view().problems.join()).toContain("npm run build"));
  } finally {
    await broken.reconciler?.close();
    await broken.db.$disconnect();
  }
});

test("[P9] a stopped control database stops no node; afterwards everything is as it was", async () => {
  const { plane, firstNode } = await startFleet({ nodes: 1 });
  const before = await eventually(firstNode, { withinMs: 30_000 });
  await plane.postgres.stop("fast");
  await eventually(() =>
    expect(plane.resources.reconciler?.view().problems.join()).toContain("not looked after"),
  );
  await plane.postgres.start();
  await eventually(
    () => expect(plane.resources.reconciler?.view()).toMatchObject({ role: "leader", problems: [] }),
    { withinMs: 30_000 },
  );
  const after = await eventually(firstNode, { withinMs: 30_000 });
  expect(after.pid).toBe(before.pid);
});
