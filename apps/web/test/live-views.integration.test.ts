import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import { connectPhoenix } from "@tidewire/testkit/phoenix-client";
import { openClient } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TailParcel } from "../src/server/views/inspector.ts";
import type { ProjectDetail } from "../src/server/views/project.ts";
import { ADMIN, randomNodePort, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { type Caller, signInAs } from "./sign-in.ts";

const ENTRY = join(import.meta.dirname, "../../realtime-node/dist/main.js");
const ref = "demo0000000000000000";
const TOPIC = "realtime:room";
const MEMBERSHIP = { broadcast: { self: true }, presence: { enabled: true, key: "alice" } };

/** Called in process, a subscription yields tRPC's envelope `[id, data]`; its type is that of the wire. */
function toParcel(envelope: unknown): TailParcel {
  const [, parcel] = envelope as [id: string, parcel: TailParcel];
  return parcel;
}

// The bundle is made by `turbo run build`, which the whole suite does before.
describe.runIf(existsSync(ENTRY))("with a real node", () => {
  let plane: TestControlPlane;
  let caller: Caller;
  let project: ProjectDetail;

  beforeAll(async () => {
    plane = await startControlPlane({
      nodes: 1,
      env: {
        TIDEWIRE_FLEET: "process",
        TIDEWIRE_NODE_ENTRY: ENTRY,
        TIDEWIRE_NODE_PORT: String(randomNodePort()),
        TIDEWIRE_OWNER_PID: String(process.pid),
        TIDEWIRE_DRAIN_MS: "500",
      },
    });
    plane.resources.reconciler?.start();
    caller = await signInAs(plane.resources, ADMIN.email);
    await eventually(
      async () => expect((await caller.overview.byRef({ ref })).answered).toEqual(["local-1-1"]),
      {
        withinMs: 30_000,
      },
    );
    project = await caller.projects.byRef({ ref });
  });

  afterAll(async () => {
    for (const { pid } of await plane.resources.db.node.findMany()) process.kill(pid, "SIGKILL");
    await plane[Symbol.asyncDispose]();
  });

  const connect = () => connectPhoenix({ url: project.url, apikey: project.publishableKey ?? "" });

  /** Reads the tail until `isThere` has seen what it waits for. */
  async function tail(
    input: object,
    isThere: (parcel: TailParcel) => boolean,
    during?: () => Promise<unknown>,
  ) {
    const parcels: TailParcel[] = [];
    let begun = false;
    for await (const envelope of await caller.inspector.tail({ ref, ...input })) {
      const parcel = toParcel(envelope);
      parcels.push(parcel);
      if (!begun && parcel.answered.length > 0) {
        begun = true;
        await during?.();
      }
      if (isThere(parcel)) break;
    }
    return parcels;
  }

  test("a new project is proved by a message through the node", async () => {
    const { ref: made } = await caller.projects.create({
      name: "Made",
      region: "local-1",
      database: { kind: "managed" },
    });
    let states: string[] = [];
    for await (const view of await caller.projects.provisioning({ ref: made })) {
      states = view.steps.map(({ id, state, error }) => `${id} ${state} ${error?.message ?? ""}`.trim());
      if (view.state === "failed") break;
    }
    expect(states).toEqual([
      "check-database done",
      "create-database done",
      "migrate-tenant done",
      "publications done",
      "keys done",
      "reach-node done",
    ]);
    const detail = await caller.projects.byRef({ ref: made });
    await using client = await connectPhoenix({ url: detail.url, apikey: detail.publishableKey ?? "" });
    await client.join(TOPIC);
    await caller.projects.delete({ ref: made, name: "Made" });
    await using admin = await openClient(plane.postgres.url());
    expect(
      (await admin.query("select from pg_replication_slots where slot_name = $1", [`tidewire_${made}`]))
        .rowCount,
    ).toBe(0);
  });

  test("a client that joins is counted, seen in presence and listed with its connection; kicked, it is gone", async () => {
    await using client = await connect();
    await client.join(TOPIC, MEMBERSHIP);
    await client.track(TOPIC, { name: "Alice" });
    const presence = await eventually(async () => {
      const view = await caller.presence.snapshot({ ref });
      expect(view.members).toHaveLength(1);
      return view;
    });
    expect(presence.members[0]).toMatchObject({
      topic: "room",
      key: "alice",
      node: "local-1-1",
      state: "live",
    });
    expect(presence.topics[0]).toMatchObject({ topic: "room", members: 1 });
    const overview = await caller.overview.byRef({ ref });
    expect(overview).toMatchObject({
      totals: { connections: 1, channels: 1 },
      silent: [],
      verdict: { level: "ok" },
    });
    const { connections } = await caller.connections.list({ ref });
    expect(connections).toHaveLength(1);
    const [connection] = connections;
    const kicked = await caller.connections.kick({
      ref,
      node: connection?.node ?? "",
      connection: connection?.id ?? "",
    });
    expect(kicked).toEqual({ found: true });
    await client.expectClose();
    await eventually(async () => expect((await caller.presence.snapshot({ ref })).members).toEqual([]));
  });

  test("what the dashboard sends arrives at clients and in the tail", async () => {
    await using client = await connect();
    await client.join(TOPIC, { broadcast: { self: false } });
    const parcels = await tail(
      { kinds: ["broadcast"] },
      ({ events }) => events.some(({ event }) => event === "hello"),
      () =>
        caller.inspector.send({
          ref,
          topic: "room",
          event: "hello",
          payload: '{"big":12345678901234567890}',
        }),
    );
    const event = parcels.flatMap(({ events }) => events).find(({ event }) => event === "hello");
    expect(event).toMatchObject({ kind: "broadcast", topic: "room", node: "local-1-1" });
    expect(event?.payload).toContain("12345678901234567890");
    await client.expectFrame({ topic: TOPIC, event: "broadcast" });
  });

  test("the tail tells of joins and refusals, filtered as asked", async () => {
    const parcels = await tail(
      { topic: "lobby*" },
      ({ events }) => events.some(({ topic }) => topic === "lobby-2"),
      async () => {
        await using client = await connect();
        await client.join("realtime:elsewhere");
        await client.join("realtime:lobby-2");
      },
    );
    const topics = parcels.flatMap(({ events }) => events.map(({ topic }) => topic));
    expect(topics).toContain("lobby-2");
    expect(topics).not.toContain("elsewhere");
  });

  test("live views end when their reader goes", async () => {
    const views = (await caller.overview.live({ ref }))[Symbol.asyncIterator]();
    const first = await views.next();
    expect(first.value?.rates).toBeNull();
    const second = await views.next();
    expect(second.value?.rates).toMatchObject({ joins: expect.any(Number) });
    await views.return?.();
    expect((await views.next()).done).toBe(true);
  });

  test("the fleet page shows the node with what it says of itself; its log can be read", async () => {
    const view = await caller.fleet.snapshot();
    expect(view.regions[0]?.nodes[0]).toMatchObject({ health: "healthy", answered: true });
    expect(view.regions[0]?.nodes[0]?.rssBytes).toBeGreaterThan(1_000_000);
    expect((await caller.fleet.log({ node: "local-1-1" })).lines.join("\n")).toContain("ready");
    await expect(caller.fleet.log({ node: "../../etc/passwd" })).rejects.toThrow("no such node");
  });

  test("a row change is streamed by the home, and its lag has a point", async () => {
    await using database = await openClient(plane.postgres.url(`tw_${ref}`));
    await database.query("create table notes (id int primary key, body text)");
    await database.query("alter publication supabase_realtime add table notes");
    await using client = await connect();
    await client.join("realtime:rows", {
      postgres_changes: [{ event: "*", schema: "public", table: "notes" }],
    });
    await client.expectFrame({ topic: "realtime:rows", event: "system", payload: { status: "ok" } });
    await database.query("insert into notes values (1, 'x')");
    await client.expectFrame({ topic: "realtime:rows", event: "postgres_changes" });
    const { home, verdict } = await caller.replication.snapshot({ ref });
    expect(home).toMatchObject({ node: "local-1-1", state: "streaming", slot: `tidewire_${ref}` });
    expect(verdict).toMatchObject({ level: "ok" });
    await eventually(
      async () => {
        const samples = await plane.resources.db.metricSample.findMany({
          where: { projectRef: ref, name: "changes" },
        });
        expect(samples.some(({ value }) => value > 0)).toBe(true);
      },
      { withinMs: 15_000 },
    );
  });

  test("kill -9 heals, the project keeps its address, and the gap is told while it lasts", async () => {
    const before = (await caller.fleet.snapshot()).regions[0]?.nodes[0];
    process.kill(before?.pid ?? 0, "SIGKILL");
    const gap = await caller.overview.byRef({ ref });
    expect(gap).toMatchObject({ answered: [], silent: ["local-1-1"], verdict: { level: "broken" } });
    await eventually(
      async () => expect((await caller.overview.byRef({ ref })).answered).toEqual(["local-1-1"]),
      {
        withinMs: 10_000,
      },
    );
    expect((await caller.projects.byRef({ ref })).url).toBe(project.url);
    await using client = await connect();
    await client.join(TOPIC);
  });

  test("a drained node is replaced in its place", async () => {
    const before = (await caller.fleet.snapshot()).regions[0]?.nodes[0];
    await caller.fleet.drain({ node: "local-1-1" });
    await eventually(
      async () => {
        const [node] = (await caller.fleet.snapshot()).regions[0]?.nodes ?? [];
        expect(node).toMatchObject({ id: "local-1-1", url: before?.url, health: "healthy" });
        expect(node?.pid).not.toBe(before?.pid);
      },
      { withinMs: 20_000 },
    );
  });
});
