import { signToken, signUserToken } from "@tidewire/testkit/tokens";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

const BATCH = "/realtime/v1/api/broadcast";
const JSON_TYPE = { "content-type": "application/json" };
const EVENT = { event: "broadcast" };

let topics = 0;
const newTopic = () => `room-${++topics}`;
const message = (over: object = {}) => ({ topic: "room", event: "move", payload: { x: 1 }, ...over });

describe("REST broadcast", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({
      nodes: 2,
      limits: { maxEventsPerSecond: 10_000, maxPayloadSizeInKb: 10 },
      sql: `create policy send on realtime.messages for insert to authenticated
              with check (realtime.topic() = 'open' or realtime.topic() = auth.uid()::text);
            create policy hear on realtime.messages for select to authenticated using (true);`,
    });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const USER = "11111111-1111-4111-8111-111111111111";
  const userToken = () => signUserToken(cluster.project.jwtSecret, { sub: USER });
  const key = () => ({ apikey: cluster.project.keys.publishable.value });

  function post(path: string, init: { body?: string | Buffer; headers?: Record<string, string> } = {}) {
    const headers = { ...key(), ...init.headers };
    return fetch(cluster.projectUrl() + path, { method: "POST", body: init.body, headers });
  }

  const batch = (messages: unknown, headers: Record<string, string> = {}) =>
    post(BATCH, { body: JSON.stringify({ messages }), headers: { ...JSON_TYPE, ...headers } });

  const single = (topic: string, event: string, init: Parameters<typeof post>[1] = {}) =>
    post(`${BATCH}/${encodeURIComponent(topic)}/events/${encodeURIComponent(event)}`, init);

  async function listener(topic: string, vsn: "1.0.0" | "2.0.0" = "2.0.0", node = 0) {
    const client = await cluster.connect(node, { vsn });
    await client.join(`realtime:${topic}`);
    return client;
  }

  test("[B24] [B10] [B25] a batch reaches both serializers, on every node, as text; an id becomes meta.id", async () => {
    const topic = newTopic();
    const clients = [
      await listener(topic),
      await listener(topic, "1.0.0"),
      await listener(topic, "2.0.0", 1),
    ];
    const answer = await batch([message({ topic }), message({ topic, event: "two", id: "given" })]);
    expect([answer.status, await answer.text()]).toEqual([202, ""]);
    for (const client of clients) {
      const first = await client.expectFrame({ ...EVENT, topic: `realtime:${topic}` });
      expect(first).toMatchObject({ payload: { type: "broadcast", event: "move", payload: { x: 1 } } });
      expect(first.payload).not.toHaveProperty("meta");
      const second = await client.expectFrame({ ...EVENT, topic: `realtime:${topic}` });
      expect(second).toMatchObject({ payload: { event: "two", meta: { id: "given" } } });
    }
  });

  test("[B11] [B27] the single route: JSON, bytes, bare values, nothing", async () => {
    const topic = "with:colon";
    const client = await listener(topic);
    const heard = async () => (await client.expectFrame({ ...EVENT, topic: `realtime:${topic}` })).payload;
    for (const [body, headers, payload] of [
      ['{"a":1}', JSON_TYPE, { a: 1 }],
      ["[1,2]", { "content-type": "application/json; charset=utf-8" }, { _json: [1, 2] }],
      ["null", JSON_TYPE, { _json: null }],
      ["", JSON_TYPE, {}],
    ] as const) {
      expect((await single(topic, "move it", { body, headers })).status).toBe(202);
      expect(await heard()).toEqual({ type: "broadcast", event: "move it", payload });
    }
    const untyped = await fetch(`${cluster.projectUrl()}${BATCH}/${encodeURIComponent(topic)}/events/e`, {
      method: "POST",
      headers: key(),
    });
    expect(untyped.status).toBe(202);
    expect(await heard()).toMatchObject({ event: "e", payload: {} });
    const bytes = { "content-type": "application/octet-stream" };
    expect((await single(topic, "bin", { body: Buffer.of(1, 2, 255), headers: bytes })).status).toBe(202);
    const binary = (await heard()) as { payload: Uint8Array };
    expect(Buffer.from(binary.payload)).toEqual(Buffer.of(1, 2, 255));
  });

  test("all path shapes are one route: prefix or not, with realtime/v1 or not, by host label, by key", async () => {
    const topic = newTopic();
    const client = await listener(topic);
    const { ref, keys } = cluster.project;
    const node = new URL(cluster.projectUrl());
    const body = JSON.stringify({ messages: [message({ topic })] });
    const send = (path: string, headers: Record<string, string> = key()) =>
      fetch(new URL(path, node), { method: "POST", body, headers: { ...JSON_TYPE, ...headers } });
    for (const path of [`/p/${ref}/api/broadcast`, `/p/${ref}${BATCH}`, `/p/${ref}${BATCH}/`]) {
      expect((await send(path)).status).toBe(202);
    }
    expect((await send(BATCH, { apikey: keys.anon.value })).status).toBe(202);
    expect((await send("/api/broadcast", { authorization: `bearer ${userToken()}` })).status).toBe(401);
    for (let i = 0; i < 4; i++) await client.expectFrame({ ...EVENT, topic: `realtime:${topic}` });
  });

  test("[B22] [B23] one wrong message refuses the batch, errors stand at its index", async () => {
    const topic = newTopic();
    const client = await listener(topic);
    const answer = await batch([message({ topic }), { topic }, message({ topic, payload: [1] })]);
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await answer.json()).toEqual({
      errors: {
        messages: [
          {},
          { event: ["can't be blank"], payload: ["can't be blank"] },
          { payload: ["is invalid"] },
        ],
      },
    });
    await client.expectSilence(`realtime:${topic}`);
  });

  test.each([
    ["missing", {}, JSON_TYPE],
    ["empty", { messages: [] }, JSON_TYPE],
    ["a bare list", [message()], JSON_TYPE],
    ["unread, because text/plain is not JSON", { messages: [message()] }, { "content-type": "text/plain" }],
  ])("[B23] messages %s: can't be blank", async (_, body, headers) => {
    const answer = await post(BATCH, { body: JSON.stringify(body), headers });
    expect([answer.status, await answer.json()]).toEqual([422, { errors: { messages: ["can't be blank"] } }]);
  });

  test("[B22] sizes: over the project's limit 422, over 8 MB 413, in both forms", async () => {
    const big = { text: "x".repeat(11_000) };
    const tooBig = await batch([message({ payload: big })]);
    expect([tooBig.status, await tooBig.json()]).toEqual([
      422,
      { errors: { messages: [{ payload: ["Payload size exceeds tenant limit"] }] } },
    ]);
    const one = await single("t", "e", { body: JSON.stringify(big), headers: JSON_TYPE });
    expect([one.status, await one.json()]).toEqual([
      422,
      { errors: { payload: ["Payload size exceeds tenant limit"] } },
    ]);
    const huge = await post(BATCH, { body: Buffer.alloc(8_000_001, 32), headers: JSON_TYPE });
    expect([huge.status, huge.headers.get("content-type"), huge.headers.has("x-rate-limit")]).toEqual([
      413,
      "text/html; charset=UTF-8",
      false,
    ]);
  });

  test("[B14] names that binary frames cannot carry are 422 on the single route", async () => {
    const answer = await single("t", "e".repeat(256), { body: "{}", headers: JSON_TYPE });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toEqual({ errors: { event: [expect.stringContaining("255")] } });
  });

  test("[B26] [B28] wrong types, methods and tokens, each with its own answer", async () => {
    const status = async (answer: Promise<Response>) => {
      const { status, headers, ...rest } = await answer;
      return [status, headers.get("content-type")?.split(";")[0], headers.has("x-rate-limit"), rest] as const;
    };
    const rows: [Promise<Response>, number, string, boolean][] = [
      [
        single("t", "e", { body: "x", headers: { "content-type": "text/plain" } }),
        415,
        "application/json",
        false,
      ],
      [post(BATCH, { body: "{", headers: JSON_TYPE }), 400, "text/html", false],
      [batch([message()], { accept: "text/html" }), 406, "text/html", false],
      [fetch(cluster.projectUrl() + BATCH), 404, "text/html", false],
      [batch([message()], { authorization: "Bearer nonsense" }), 401, "application/json", true],
      [batch([message()], { apikey: "tw_publishable_wrong" }), 401, "application/json", true],
      [
        batch([message()], { authorization: `Bearer ${signToken("other", { role: "anon", exp: 9e9 })}` }),
        401,
        "application/json",
        true,
      ],
    ];
    for (const [answer, ...expected] of rows) expect((await status(answer)).slice(0, 3)).toEqual(expected);
    const noKey = await fetch(cluster.projectUrl() + BATCH, {
      method: "POST",
      body: "{}",
      headers: JSON_TYPE,
    });
    expect([noKey.status, await noKey.json()]).toEqual([401, { message: "Unauthorized" }]);
    const unknown = await fetch(new URL(`/p/zzzzzzzzzzzzzzzzzzzz${BATCH}`, cluster.projectUrl()), {
      method: "POST",
      headers: key(),
    });
    expect([unknown.status, await unknown.json()]).toEqual([
      401,
      { message: "Tenant not found in database" },
    ]);
  });

  test("[B28] the rate headers count requests", async () => {
    const answer = await batch([message()]);
    const [rolling, limit, remaining] = ["x-rate-rolling", "x-rate-limit", "x-rate-limit-remaining"].map(
      (name) => Number(answer.headers.get(name)),
    );
    expect(limit).toBe(10_000);
    expect((rolling ?? 0) + (remaining ?? 0)).toBe(10_000);
    expect(rolling).toBeGreaterThan(0);
  });

  test("browsers may call: pre-flight and answers carry CORS headers", async () => {
    const preflight = await fetch(cluster.projectUrl() + BATCH, {
      method: "OPTIONS",
      headers: { "access-control-request-headers": "apikey,content-type,x-own" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("apikey,content-type,x-own");
    for (const { headers } of [preflight, await batch([message()]), await batch([])]) {
      expect(headers.get("access-control-allow-origin")).toBe("*");
    }
  });

  test("[B24] [B26] private messages: the batch skips what is denied, the single route says 403", async () => {
    const token = userToken();
    const clients = await Promise.all(
      ["open", "closed"].map(async (topic) => {
        const client = await cluster.connect();
        await client.join(`realtime:${topic}`, { private: true }, { access_token: token });
        return client;
      }),
    );
    const bearer = { authorization: `Bearer ${token}` };
    const messages = ["closed", "open"].map((topic) => message({ topic, private: true }));
    expect((await batch(messages, bearer)).status).toBe(202);
    await clients[0]?.expectFrame({ ...EVENT, topic: "realtime:open" });
    await clients[1]?.expectSilence("realtime:closed");

    const send = (topic: string) =>
      post(`${BATCH}/${topic}/events/e?private=true`, { body: "{}", headers: { ...JSON_TYPE, ...bearer } });
    expect((await send("open")).status).toBe(202);
    const denied = await send("closed");
    expect([denied.status, await denied.json()]).toEqual([403, { message: "Unauthorized" }]);
    await clients[0]?.expectFrame({ ...EVENT, topic: "realtime:open" });
  });

  test.each([
    ["the role is unknown", "open", { sub: USER, role: "nobody" }],
    ["a policy raises", "open too", { sub: "no uuid" }],
  ])("[B26] 422 on the single route when %s; the batch skips the message", async (_, topic, claims) => {
    const bearer = { authorization: `Bearer ${signUserToken(cluster.project.jwtSecret, claims)}` };
    const path = `${BATCH}/${encodeURIComponent(topic)}/events/e?private=true`;
    const answer = await post(path, { body: "{}", headers: { ...JSON_TYPE, ...bearer } });
    expect([answer.status, await answer.json()]).toEqual([422, { message: "RLS policy error" }]);
    expect((await batch([message({ topic, private: true })], bearer)).status).toBe(202);
  });

  test("[M1] health, ping and metrics", async () => {
    const get = async (path: string) => {
      const answer = await fetch(new URL(path, cluster.projectUrl()));
      return [answer.status, await answer.text()] as const;
    };
    for (const path of ["/livez", "/readyz", "/healthcheck"]) expect(await get(path)).toEqual([200, "ok"]);
    const { ref } = cluster.project;
    expect(await get(`/p/${ref}/api/ping`)).toEqual([200, '{"message":"Success"}']);
    const [status, metrics] = await get("/metrics");
    expect(status).toBe(200);
    for (const name of [
      "realtime_channel_global_error",
      "tidewire_relay_published_total",
      "tidewire_bus_up",
    ]) {
      expect(metrics).toContain(name);
    }
    expect((await get("/nowhere"))[0]).toBe(404);
  });
});

describe("REST limits", () => {
  test("[B28] 429: too many requests, a batch that does not fit, and after a flood of events", async () => {
    await using cluster = await startCluster({ limits: { maxEventsPerSecond: 5 } });
    const send = async (count: number) => {
      const answer = await fetch(cluster.projectUrl() + BATCH, {
        method: "POST",
        headers: { ...JSON_TYPE, apikey: cluster.project.keys.publishable.value },
        body: JSON.stringify({ messages: Array.from({ length: count }, () => message()) }),
      });
      const body = await answer.text();
      return [answer.status, body === "" ? "" : JSON.parse(body).message];
    };
    expect(await send(6)).toEqual([429, "Too many messages to broadcast, please reduce the batch size"]);
    expect(await send(5)).toEqual([202, ""]);
    expect(await send(1)).toEqual([429, "You have exceeded your rate limit"]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(1)));
    expect(answers).toContainEqual([429, "Too many requests"]);
  });
});
