import { randomUUID } from "node:crypto";
import { eventually } from "@tidewire/testkit/eventually";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

const SECRET = "metrics-secret-of-this-test";
const POLICIES = `
  create policy reads on realtime.messages for select to anon using (true);
  create policy writes on realtime.messages for insert to anon with check (true)`;

/** The value of a series with at least these labels; undefined when there is none. */
function readSeries(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = text
    .split("\n")
    .find((each) => each.match(/^\w+/)?.[0] === name && wanted.every((label) => each.includes(label)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}

describe("[10] what Supabase's boards ask for is there and true", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2, sql: POLICIES });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const scrape = async (node = 0) => (await fetch(`${cluster.nodes[node]?.url}/metrics`)).text();

  test("connections, joins, payloads, checks, fan-out, messages out of the database", async () => {
    const tenant = cluster.project.ref;
    const [here, there] = [await cluster.connect(0), await cluster.connect(1)];
    const apikey = cluster.project.keys.anon.value;
    const member = await cluster.connect(0, { apikey });
    const topic = `realtime:${randomUUID()}`;
    for (const client of [here, there]) await client.join(topic, { broadcast: { ack: true } });
    await member.join(topic, { private: true, broadcast: { ack: true } });
    const message = { type: "broadcast", event: "e", payload: { text: "x".repeat(400) } };
    await there.push(topic, "broadcast", message);
    await here.expectFrame({ event: "broadcast" });
    await member.push(topic, "broadcast", message);
    await cluster.project.database.query("select realtime.send($1, 'e', $2, true)", [
      { n: 1 },
      topic.slice("realtime:".length),
    ]);
    await member.expectFrame({ event: "broadcast" });

    await eventually(async () => {
      const [text, other] = [await scrape(0), await scrape(1)];
      const read = (name: string, labels = {}) => readSeries(text, name, { tenant, ...labels });
      expect(read("realtime_connections_connected")).toBe(2);
      expect(read("realtime_connections_connected_cluster")).toBe(3);
      expect(readSeries(text, "realtime_connections_global_connected_cluster")).toBe(3);
      expect(readSeries(text, "phoenix_connections_active")).toBe(2);
      expect(readSeries(text, "phoenix_connections_total")).toBeGreaterThanOrEqual(2);
      expect(readSeries(text, "phoenix_channel_joined_total", { result: "ok" })).toBe(2);
      expect(readSeries(text, "phoenix_socket_connected_duration_milliseconds_count", { result: "ok" })).toBe(
        2,
      );
      const size = { message_type: "broadcast" };
      expect(readSeries(other, "realtime_tenants_payload_size_bucket", { ...size, tenant, le: "250" })).toBe(
        0,
      );
      expect(readSeries(other, "realtime_tenants_payload_size_bucket", { ...size, tenant, le: "500" })).toBe(
        1,
      );
      expect(readSeries(other, "realtime_payload_size_count", size)).toBe(1);
      expect(read("realtime_broadcast_fanout_node_delivery_total", { hit: "true" })).toBe(1);
      expect(readSeries(text, "realtime_broadcast_global_fanout_node_delivery_total", { hit: "true" })).toBe(
        1,
      );

      const both = (name: string) => (read(name) ?? 0) + (readSeries(other, name, { tenant }) ?? 0);
      expect(both("realtime_tenants_read_authorization_check_count")).toBe(1);
      expect(both("realtime_tenants_write_authorization_check_count")).toBe(1);
      const latency = "realtime_tenants_broadcast_from_database_latency";
      expect(both(`${latency}_committed_at_count`)).toBe(1);
      expect(both(`${latency}_inserted_at_count`)).toBe(1);
      expect(both(`${latency}_committed_at_sum`)).toBeLessThan(10_000);
      expect(both(`${latency}_inserted_at_sum`)).toBeLessThan(10_000);
      for (const name of ["osmon_ram_usage", "osmon_cpu_util", "osmon_cpu_avg1"])
        expect(readSeries(text, name)).toBeGreaterThanOrEqual(0);
    });
  });

  test("a replay is measured", async () => {
    const apikey = cluster.project.keys.anon.value;
    const member = await cluster.connect(0, { apikey });
    const replay = { since: Date.now() - 60_000, limit: 5 };
    await member.join(`realtime:${randomUUID()}`, { private: true, broadcast: { replay } });
    await eventually(async () => {
      const counts = [await scrape(0), await scrape(1)].map(
        (text) => readSeries(text, "realtime_tenants_replay_count") ?? 0,
      );
      expect(counts.reduce((sum, count) => sum + count)).toBe(1);
    });
  });

  test("without a secret this machine may read, and whatever a proxy passes on may not", async () => {
    const forwarded = await fetch(`${cluster.nodes[0]?.url}/metrics`, {
      headers: { "x-forwarded-for": "203.0.113.7" },
    });
    expect(forwarded.status).toBe(403);
    expect(await forwarded.text()).toBe("");
    const admin = await fetch(`${cluster.nodes[0]?.adminUrl}/metrics`, {
      headers: { "x-forwarded-for": "::1" },
    });
    expect(admin.status).toBe(200);
  });

  test.each(["/api/tenants/x/health", "/api/openapi", "/swaggerui"])(
    "[M8] a node without a control plane says so at %s",
    async (path) => {
      const answer = await fetch(cluster.nodes[0]?.url + path);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toEqual({ message: expect.stringContaining("TIDEWIRE_CONTROL_URL") });
    },
  );
});

describe("[10] with METRICS_JWT_SECRET a token is needed, everywhere", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const unreachable = "http://127.0.0.1:1";
    cluster = await startCluster({ env: { METRICS_JWT_SECRET: SECRET, TIDEWIRE_CONTROL_URL: unreachable } });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const sign = (secret: string, claims = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
  const ask = (token: string, path = "/metrics", base = cluster.nodes[0]?.url) =>
    fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } });

  test("a refusal is 403 with an empty body", async () => {
    for (const token of ["", await sign("another"), await sign(SECRET, { exp: 1_000_000 })]) {
      const answer = await ask(token);
      expect([answer.status, await answer.text()]).toEqual([403, ""]);
    }
    expect((await ask("", "/metrics", cluster.nodes[0]?.adminUrl)).status).toBe(403);
  });

  test("a signed token reads this node, and its region; another region is elsewhere", async () => {
    const token = await sign(SECRET);
    expect(await (await ask(token)).text()).toContain("realtime_tenants_connected");
    expect((await ask(token, "/metrics/local-1")).status).toBe(200);
    expect((await ask(token, "/metrics/elsewhere")).status).toBe(404);
  });

  test("a control plane that is away is told in a sentence", async () => {
    const answer = await fetch(`${cluster.nodes[0]?.url}/api/tenants`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      message: expect.stringContaining("control plane does not answer"),
    });
  });
});
