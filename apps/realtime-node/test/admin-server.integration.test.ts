import type { NodeSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { TapBatch } from "@tidewire/protocol/cluster/tap";
import { eventually } from "@tidewire/testkit/eventually";
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AdminServer, openAdminServer } from "../src/inspect/admin-server.ts";
import { Tap } from "../src/inspect/tap.ts";
import type { NodeViews } from "../src/inspect/views.ts";
import { createLog } from "../src/log.ts";
import { createInspectClient, type InspectClient, signInspectToken } from "./harness/inspect-client.ts";

const SECRET = "node-secret-of-at-least-32-characters";
const tap = new Tap({ node: "n1", boot: "b1", nowMs: Date.now });
const asked: string[] = [];
const views: NodeViews = {
  snapshot: () => ({ node: "n1" }) as NodeSnapshot,
  project: () => null,
  presence: () => ({ node: "n1", topics: [], members: [], departures: [] }),
  replication: () => null,
  connections: () => [],
  tap,
  drain: () => void asked.push("drain"),
  kick: (connection) => connection === "c1",
  evict: () => false,
  forget: async (ref) => void asked.push(`forget ${ref}`),
  shutdown: async (ref) => void asked.push(`shutdown ${ref}`),
  reload: async (ref) => void asked.push(`reload ${ref}`),
};

const app = { fetch: (request: Request) => new Response(`public ${new URL(request.url).pathname}`) };

let server: AdminServer;
let client: InspectClient;
beforeAll(async () => {
  const log = createLog({ level: "silent", fields: {} });
  server = await openAdminServer({ host: "127.0.0.1", port: 0, nodeSecret: SECRET, views, app, log });
  client = createInspectClient(server.url, SECRET);
});
afterAll(() => server.close());

const tokenFor = (claims: object, secret = SECRET) => signInspectToken(secret, claims);
const inOneMinute = () => Math.floor(Date.now() / 1_000) + 60;

test.each([
  ["another secret", tokenFor({}, "another-secret-of-at-least-32-chars")],
  ["another audience", tokenFor({ aud: "authenticated" })],
  ["no end", tokenFor({ exp: undefined })],
  ["an end in the past", tokenFor({ exp: inOneMinute() - 3_600 })],
  ["nothing at all", ""],
])("a token with %s is refused, and nothing is done", async (_what, token) => {
  expect((await client.call("snapshot", undefined, { token })).status).toBe(401);
  expect((await client.call("drain", undefined, { token, method: "POST" })).status).toBe(401);
  expect(asked).toEqual([]);
});

test("queries and verbs reach the node", async () => {
  expect(await client.query("snapshot")).toMatchObject({ node: "n1" });
  expect(await client.mutate("kick", { connection: "c1" })).toEqual({ found: true });
  await client.mutate("forget", { ref: "demo" });
  expect(asked).toEqual(["forget demo"]);
  expect((await client.call("project", { reference: 1 })).status).toBe(400);
});

test("what is not inspection is answered as on the public port", async () => {
  const response = await fetch(`${server.url}/p/demo/realtime/v1/api/broadcast`, { method: "POST" });
  expect(await response.text()).toBe("public /p/demo/realtime/v1/api/broadcast");
});

test("a tail streams events as they happen and stops listening when its reader goes away", async () => {
  const reader = new AbortController();
  const response = await client.call("tap", { ref: "demo", kinds: ["broadcast"] }, { signal: reader.signal });
  const stream = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  await eventually(() => tap.wants("demo"));

  tap.emit({ ref: "demo", kind: "join", topic: "t" });
  tap.emit({ ref: "demo", kind: "broadcast", topic: "t", payload: "{}" });

  let text = "";
  while (!text.includes('"broadcast"')) text += (await stream?.read())?.value ?? "";
  const line = text.split("\n").find((each) => each.startsWith("data: ") && each.includes("broadcast")) ?? "";
  const batch = superjson.deserialize<TapBatch>(JSON.parse(line.slice("data: ".length)));
  expect(batch).toMatchObject({
    events: [{ kind: "broadcast", ref: "demo", node: "n1" }],
    seen: 1,
    dropped: 0,
  });

  reader.abort();
  await eventually(() => !tap.wants("demo"));
});
