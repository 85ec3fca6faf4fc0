import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import { connectPhoenix } from "@tidewire/testkit/phoenix-client";
import { openClient } from "@tidewire/testkit/project-database";
import { signUserToken } from "@tidewire/testkit/tokens";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomNodePort, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { startTenantApi, type TenantApiServer } from "./tenant-api-server.ts";

const ENTRY = join(import.meta.dirname, "../../realtime-node/dist/main.js");
const API_SECRET = "the-api-secret-of-this-test";
const NEXT_SECRET = "the-next-api-secret-of-this-test";
const JWT_SECRET = "the-secret-of-the-tenant-of-this-test-0123";
const BLOCKED = await sign(API_SECRET, { jti: "blocked" });

function sign(secret: string, claims: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
}

let plane: TestControlPlane;
let api: TenantApiServer;
let token: string;
let extension: { type: string; settings: Record<string, unknown> };

beforeAll(async () => {
  api = await startTenantApi(() => plane.resources);
  plane = await startControlPlane({
    nodes: 1,
    env: {
      API_JWT_SECRET: API_SECRET,
      API_JWT_SECRET_NEXT: NEXT_SECRET,
      API_TOKEN_BLOCKLIST: `some-other, ${BLOCKED}`,
      TIDEWIRE_CONTROL_URL: api.url,
      TIDEWIRE_FLEET: existsSync(ENTRY) ? "process" : "off",
      TIDEWIRE_NODE_ENTRY: ENTRY,
      TIDEWIRE_NODE_PORT: String(randomNodePort()),
      TIDEWIRE_OWNER_PID: String(process.pid),
      TIDEWIRE_DRAIN_MS: "500",
    },
  });
  token = await sign(API_SECRET);
  await using admin = await openClient(plane.postgres.url());
  await admin.query("create database tenants_own template template0");
  const { hostname, port, username, password } = new URL(plane.postgres.url());
  extension = {
    type: "postgres_cdc_rls",
    settings: {
      region: "us-east-1",
      db_host: hostname,
      db_port: port,
      db_name: "tenants_own",
      db_user: decodeURIComponent(username),
      db_password: decodeURIComponent(password) || "none",
      ssl_enforced: false,
      poll_interval_ms: 100,
      poll_max_record_bytes: 1_048_576,
      slot_name: "supabase_realtime_replication_slot",
    },
  };
});
afterAll(async () => {
  for (const { pid } of (await plane?.resources.db.node.findMany()) ?? []) process.kill(pid, "SIGKILL");
  await plane?.[Symbol.asyncDispose]();
  await api?.[Symbol.asyncDispose]();
});

interface Answer {
  status: number;
  body: unknown;
  location: string | null;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  { bearer = token, base = api.url }: { bearer?: string; base?: string } = {},
): Promise<Answer> {
  const response = await fetch(`${base}/api/tenants${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status, headers } = response;
  return { status, body: text === "" ? null : JSON.parse(text), location: headers.get("location") };
}

describe("who may ask", () => {
  test.each([
    ["no token", async () => ""],
    ["another secret", () => sign("another-secret")],
    ["a token that ran out", () => sign(API_SECRET, { exp: 1_000_000 })],
    ["a token on the blocklist", async () => BLOCKED],
  ])("[10] %s is 403 with an empty body", async (_what, bearer) => {
    expect(await call("GET", "", undefined, { bearer: await bearer() })).toEqual({
      status: 403,
      body: null,
      location: null,
    });
  });

  test("[10] the next secret signs too", async () => {
    expect((await call("GET", "", undefined, { bearer: await sign(NEXT_SECRET) })).status).toBe(200);
  });
});

describe("what cannot be a tenant is 422, field by field, and nothing is made", () => {
  test.each([
    [{}, { tenant: ["can't be blank"] }],
    [{ tenant: { name: "x" } }, { external_id: ["can't be blank"] }],
    [
      { tenant: { external_id: "bad" } },
      { jwt_secret: ["either jwt_secret or jwt_jwks is required"], extensions: ["can't be blank"] },
    ],
    [
      { tenant: { external_id: "bad", max_concurrent_users: 0, max_events_per_second: "many" } },
      { max_concurrent_users: ["must be greater than 0"], max_events_per_second: ["is invalid"] },
    ],
    [
      {
        tenant: {
          external_id: "bad",
          jwt_secret: "s",
          extensions: [
            { type: "postgres_cdc_rls", settings: { region: "r", db_port: 5432, publication: "mine" } },
          ],
        },
      },
      {
        extensions: [
          {
            settings: [
              "db_host can't be blank",
              "db_port is invalid",
              "db_name can't be blank",
              "db_user can't be blank",
              "db_password can't be blank",
              "publication must be supabase_realtime",
            ],
          },
        ],
      },
    ],
  ])("[10] %j", async (body, errors) => {
    expect(await call("POST", "", body)).toMatchObject({ status: 422, body: { errors } });
    expect((await call("GET", "/bad")).status).toBe(404);
  });

  test("[10] a name that no host can have, and a body that is no JSON", async () => {
    expect((await call("PUT", "/Not%20a%20label", { tenant: {} })).status).toBe(422);
    expect((await call("POST", "", "{")).status).toBe(400);
    expect(await call("GET", "/__proto__")).toMatchObject({ status: 404, body: { message: "not found" } });
  });
});

test("[10] a tenant is made, shown, changed and deleted; its password is never shown", async () => {
  const tenant = {
    external_id: "realtime-dev",
    jwt_secret: JWT_SECRET,
    max_concurrent_users: 300,
    max_events_per_second: "50",
    max_bytes_per_second: 100_000,
    postgres_cdc_default: "postgres_cdc_rls",
    extensions: [extension],
  };
  const made = await call("POST", "", { tenant });
  expect(made).toMatchObject({
    status: 201,
    location: "/api/tenants/realtime-dev",
    body: {
      data: {
        external_id: "realtime-dev",
        name: "realtime-dev",
        max_concurrent_users: 300,
        max_events_per_second: 50,
        max_channels_per_client: 100,
        max_joins_per_second: 100,
        max_client_presence_events_per_window: 5,
        client_presence_window_ms: 30_000,
        private_only: false,
        presence_enabled: false,
        inserted_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
        extensions: [{ type: "postgres_cdc_rls", settings: { ssl_enforced: false, db_pool: 2 } }],
      },
    },
  });
  expect(JSON.stringify(made.body)).not.toMatch(/db_password|tenants_own/);
  // Sealed anew each time, so only who holds the key can compare them.
  const { extensions: _, ...rest } = (made.body as { data: { extensions: unknown } }).data;
  expect(await call("GET", "/realtime-dev")).toMatchObject({ status: 200, body: { data: rest } });
  const { body: list } = await call("GET", "");
  expect((list as { data: { external_id: string }[] }).data.map((each) => each.external_id)).toEqual([
    "realtime-dev",
    "demo0000000000000000",
  ]);

  const change = { tenant: { max_concurrent_users: 7, private_only: true } };
  expect(await call("PATCH", "/realtime-dev", change)).toMatchObject({
    status: 200,
    body: { data: { max_concurrent_users: 7, max_events_per_second: 50, private_only: true } },
  });
  expect((await call("POST", "", { tenant })).status).toBe(200);
  expect((await call("PUT", "/realtime-dev", { tenant: { private_only: false } })).status).toBe(200);
  const actions = await plane.resources.db.auditEvent.findMany({ where: { actor: "tenant API" } });
  expect(actions.map(({ action }) => action)).toEqual([
    "project.create",
    "project.update",
    "project.update",
    "project.update",
  ]);
  expect(JSON.stringify(actions.map(({ after }) => after))).not.toContain(JWT_SECRET);
});

describe.runIf(existsSync(ENTRY))("through a real node", () => {
  let nodeUrl: string;
  beforeAll(async () => {
    plane.resources.reconciler?.start();
    await eventually(
      async () => {
        const [node] = await plane.resources.directory.expected();
        expect(node?.state).toBe("ready");
        nodeUrl = node?.url ?? "";
      },
      { withinMs: 30_000 },
    );
  });
  const health = async (base = nodeUrl) => {
    const { body } = await call("GET", "/realtime-dev/health", undefined, { base });
    return (body as { data: object }).data;
  };
  /** As a self-hosted supabase-js does: the host names the tenant, the token has no `ref`. */
  const connect = () =>
    connectPhoenix({
      url: nodeUrl,
      headers: { host: "realtime-dev.supabase-realtime:4000" },
      apikey: signUserToken(JWT_SECRET, { role: "anon" }),
    });

  test("[10] the node passes the tenant API on, with its token and its refusals", async () => {
    expect(await call("GET", "/realtime-dev", undefined, { base: nodeUrl })).toMatchObject({ status: 200 });
    expect((await call("GET", "", undefined, { base: nodeUrl, bearer: "x" })).status).toBe(403);
    expect(await call("GET", "/nobody", undefined, { base: nodeUrl })).toMatchObject({
      status: 404,
      body: { message: "not found" },
    });
    expect(
      await call("PATCH", "/realtime-dev", { tenant: { max_joins_per_second: 0 } }, { base: nodeUrl }),
    ).toMatchObject({ status: 422, body: { errors: { max_joins_per_second: ["must be greater than 0"] } } });
  });

  test("[1.2, 10] a client finds the tenant by the host's label; health tells of it; reload sends it away, shutdown does not", async () => {
    await using client = await connect();
    await client.join("realtime:room");
    await eventually(async () =>
      expect(await health()).toMatchObject({
        healthy: true,
        db_connected: true,
        replication_connected: true,
        connected_cluster: 1,
        region: "local-1",
        node: "local-1-1",
      }),
    );

    expect((await call("POST", "/realtime-dev/shutdown", undefined, { base: nodeUrl })).status).toBe(204);
    expect(client.open).toBe(true);
    await eventually(async () => expect(await health()).toMatchObject({ db_connected: true }), {
      withinMs: 20_000,
    });
    expect(client.open).toBe(true);

    expect((await call("POST", "/realtime-dev/reload", undefined, { base: nodeUrl })).status).toBe(204);
    expect((await client.expectClose()).code).toBe(1012);
    for (const verb of ["reload", "shutdown"])
      expect((await call("POST", `/nobody/${verb}`)).status).toBe(404);
  });

  test("[M4] [10] a deleted tenant's sockets end, its slot is gone, its database stays; deleting it again is 204 too", async () => {
    await using client = await connect();
    await client.join("realtime:room");
    await eventually(async () => expect(await health()).toMatchObject({ replication_connected: true }), {
      withinMs: 20_000,
    });
    expect((await call("DELETE", "/realtime-dev", undefined, { base: nodeUrl })).status).toBe(204);
    await client.expectClose();
    await using admin = await openClient(plane.postgres.url());
    expect(
      (await admin.query("select from pg_replication_slots where database = 'tenants_own'")).rowCount,
    ).toBe(0);
    expect((await admin.query("select from pg_database where datname = 'tenants_own'")).rowCount).toBe(1);
    expect((await call("GET", "/realtime-dev/health")).status).toBe(404);
    expect((await call("DELETE", "/realtime-dev")).status).toBe(204);
    await expect(connect()).rejects.toThrow();
  });
});

test("a database that Tidewire made is not dropped by a script, nor exchanged for another", async () => {
  const answer = await call("DELETE", "/demo0000000000000000");
  expect(answer).toMatchObject({ status: 409, body: { message: expect.stringContaining("dashboard") } });
  expect((await call("PATCH", "/demo0000000000000000", { tenant: { extensions: [extension] } })).status).toBe(
    422,
  );
  expect((await call("GET", "/demo0000000000000000")).status).toBe(200);
});
