import { generateKeyPairSync, sign } from "node:crypto";
import { Refusal } from "@tidewire/protocol/errors";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { startStopwatch } from "@tidewire/testkit/stopwatch";
import { signToken } from "@tidewire/testkit/tokens";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Edge, JWT_SECRET, SECRET_KEY, startEdge } from "./harness/edge.ts";
import { SteppedClock } from "./harness/stepped-clock.ts";

let topics = 0;
const newTopic = () => `realtime:token-${++topics}`;
const nowS = () => Math.floor(Date.now() / 1_000);
const everything = { broadcast: true, presence: true };

describe("the token of a join", () => {
  let edge: Edge;
  let client: PhoenixClient;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    edge.home.authorize = () => everything;
    client = await edge.connect();
  });

  const rolesAsked = () => edge.asked.map(({ claims }) => claims.role);
  const joinWith = (fields: object) => client.tryJoin(newTopic(), { config: { private: true }, ...fields });

  test("[A4] a publishable key acts as anon, a secret key as service_role", async () => {
    await joinWith({});
    const server = await edge.connect({ apikey: SECRET_KEY });
    await server.join(newTopic(), { private: true });
    expect(rolesAsked().slice(-2)).toEqual(["anon", "service_role"]);
  });

  test("[J16] user_token wins over access_token; a key or no text means the connection's token", async () => {
    const token = edge.token();
    for (const [fields, role] of [
      [{ access_token: token }, "authenticated"],
      [{ access_token: "nonsense", user_token: token }, "authenticated"],
      [{ access_token: token, user_token: 7 }, "authenticated"],
      [{ access_token: "sb_publishable_abc" }, "anon"],
      [{ access_token: "tw_publishable_abc", user_token: token }, "anon"],
      [{ access_token: null }, "anon"],
      [{ access_token: 7 }, "anon"],
    ] as const) {
      expect((await joinWith(fields)).status).toBe("ok");
      expect(rolesAsked().at(-1)).toBe(role);
    }
  });

  test.each([
    ["an empty token", () => "", /^MalformedJWT: The token provided is not a valid JWT$/],
    ["nonsense", () => "nonsense", /^MalformedJWT: /],
    [
      "an expired token",
      () => signToken(JWT_SECRET, { role: "x", exp: nowS() - 5 }),
      /^InvalidJWTToken: Token has expired [56] seconds ago$/,
    ],
    [
      "no role",
      () => signToken(JWT_SECRET, { exp: nowS() + 60 }),
      /^InvalidJWTToken: Fields `role` and `exp` are required in JWT$/,
    ],
    [
      "another secret",
      () => signToken("other", { role: "x", exp: nowS() + 60 }),
      /^JwtSignatureError: Failed to validate JWT signature$/,
    ],
    [
      "an unknown algorithm",
      () => signToken(JWT_SECRET, {}, { alg: "none" }),
      /^JwtSignerError: Failed to generate JWT signer, check/,
    ],
    [
      "an exp that is text",
      () => signToken(JWT_SECRET, { role: "x", exp: "x" }),
      /^Unknown Error on Channel$/,
    ],
  ])("[J7] [A1] %s refuses the join with its reason", async (_, token, reason) => {
    const { status, response } = await joinWith({ access_token: token() });
    expect(status).toBe("error");
    expect(response.reason).toMatch(reason);
  });

  test("[A2] ES256 with a key of the project's JWKS", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1" }] };
    await using signed = await startEdge({ jwks });
    const [head, body] = [
      { alg: "ES256", kid: "k1" },
      { role: "authenticated", exp: nowS() + 60 },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    const key = { key: privateKey, dsaEncoding: "ieee-p1363" as const };
    const signature = sign("sha256", Buffer.from(`${head}.${body}`), key).toString("base64url");
    const user = await signed.connect({ apikey: `${head}.${body}.${signature}` });
    await user.join(newTopic());
  });

  test("[A5] [A8] presence is asked for only when it is enabled; policies get claims and x-* headers", async () => {
    const user = await edge.connect({ headers: { "x-tenant": "blue", "user-agent": "not shown" } });
    const topic = newTopic();
    await user.tryJoin(topic, { config: { private: true }, access_token: edge.token({ sub: "u1" }) });
    expect(edge.asked.at(-1)).toMatchObject({
      action: "read",
      topic: topic.slice(9),
      extensions: ["broadcast"],
      claims: { sub: "u1", role: "authenticated" },
      headers: { "x-tenant": "blue" },
    });
    expect(edge.asked.at(-1)?.headers).not.toHaveProperty("user-agent");
    await user.join(newTopic(), { private: true, presence: { enabled: true } });
    expect(edge.asked.at(-1)?.extensions).toEqual(["broadcast", "presence"]);
  });
});

describe("a new token on a live channel", () => {
  let edge: Edge;
  let client: PhoenixClient;
  let topic: string;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    edge.home.authorize = () => everything;
    topic = newTopic();
    client = await edge.connect();
    await client.tryJoin(topic, {
      config: { private: true, presence: { enabled: true }, broadcast: { ack: true } },
      access_token: edge.token({ sub: "first" }),
    });
    await client.expectFrame({ topic, event: "presence_state" });
  });

  const renew = (access_token: unknown) => client.send(topic, "access_token", { access_token });
  const renewed = async () => {
    await client.push(topic, "presence", {});
  };

  async function expectEnd(message: string | RegExp) {
    const { payload, joinRef } = await client.expectFrame({ topic, event: "system" });
    expect(payload).toEqual({
      extension: "system",
      status: "error",
      message: expect.stringMatching(message),
      channel: topic.slice(9),
    });
    expect(joinRef).toBe(client.joinRef(topic));
    await client.expectFrame({ topic, event: "phx_close", ref: client.joinRef(topic) });
    expect((await client.heartbeat()).status).toBe("ok");
  }

  test("[A10] a good token gets no reply, and policies are asked with its claims", async () => {
    const frames = client.frames.length;
    renew(edge.token({ sub: "second" }));
    await renewed();
    expect(client.frames).toHaveLength(frames + 1);
    expect(edge.asked.at(-1)).toMatchObject({ action: "read", claims: { sub: "second" } });
  });

  test("[A10] null, numbers, nothing, API keys and the same token are ignored", async () => {
    const token = edge.token({ sub: "again" });
    renew(token);
    await renewed();
    const asked = edge.asked.length;
    for (const ignored of [null, 7, undefined, "sb_publishable_x", "tw_secret_x", token]) renew(ignored);
    client.send(topic, "access_token", "nonsense");
    await renewed();
    expect(edge.asked.length).toBe(asked);
  });

  test("[A11] no read grant left ends the channel", async () => {
    edge.home.authorize = () => ({ broadcast: false, presence: false });
    renew(edge.token({ sub: "nobody" }));
    await expectEnd(`You do not have permissions to read from this Channel topic: ${topic.slice(9)}`);
  });

  test("[A12] one of two read grants lost ends the channel", async () => {
    edge.home.authorize = () => ({ broadcast: true, presence: false });
    renew(edge.token({ sub: "less" }));
    await expectEnd(`You no longer have permission to read from this Channel topic: ${topic.slice(9)}`);
  });

  test("[A16] a role the database does not know ends the channel like a refusal", async () => {
    edge.home.authorize = () => {
      throw new Refusal("Unauthorized");
    };
    renew(edge.token({ role: "nobody" }));
    await expectEnd(/^You do not have permissions to read/);
  });

  test.each([
    ["malformed", () => "nonsense", /^The token provided is not a valid JWT$/],
    ["empty", () => "", /^The token provided is not a valid JWT$/],
    [
      "expired",
      () => signToken(JWT_SECRET, { role: "x", exp: nowS() - 2 }),
      /^Token has expired [23] seconds ago$/,
    ],
    [
      "without role",
      () => signToken(JWT_SECRET, { exp: nowS() + 60 }),
      /^Fields `role` and `exp` are required in JWT$/,
    ],
    ["of another secret", () => signToken("other", { role: "x", exp: nowS() + 60 }), /^:signature_error$/],
    ["of an unknown algorithm", () => signToken(JWT_SECRET, {}, { alg: "x" }), /^:error_generating_signer$/],
  ])(
    "[A13] a token that is %s ends the channel with the reason; the socket stays",
    async (_, token, message) => {
      renew(token());
      await expectEnd(message);
    },
  );

  test("[A18] [P1] a busy database does not end the channel: it keeps what it may, and asks again", async () => {
    edge.home.authorize = () => {
      throw new Refusal("IncreaseConnectionPool", { stage: "pool" });
    };
    renew(edge.token({ sub: "later" }));
    await renewed();
    const { response } = await client.expectReply(topic, client.broadcast(topic, "x", {}));
    expect(response.reason).toMatch(/^UnableToHandleBroadcast: .*stage=pool/);
    await client.expectSilence(topic, 100, { event: "phx_close" });
    edge.home.authorize = ({ claims }) =>
      claims.sub === "later" ? { broadcast: false, presence: false } : everything;
    await expectEnd(/^You do not have permissions to read/);
  });

  test("[A18] a database that does not answer holds up neither the channel nor its messages", async () => {
    expect((await client.expectReply(topic, client.broadcast(topic, "x", {}))).status).toBe("ok");
    edge.home.authorize = () => new Promise(() => {});
    renew(edge.token({ sub: "later" }));
    using watch = startStopwatch();
    expect((await client.expectReply(topic, client.broadcast(topic, "x", {}))).status).toBe("ok");
    expect(watch.ms).toBeLessThan(1_500);
  });

  test("[A7] write permission is asked again after a new token", async () => {
    edge.home.authorize = ({ action }) => ({ broadcast: action === "read", presence: true });
    expect((await client.expectReply(topic, client.broadcast(topic, "x", {}))).status).toBe("error");
    edge.home.authorize = () => everything;
    renew(edge.token({ sub: "allowed" }));
    expect((await client.expectReply(topic, client.broadcast(topic, "x", {}))).status).toBe("ok");
  });

  test("[A15] bindings are subscribed again with the new claims", async () => {
    const subs: unknown[] = [];
    edge.home.subscribe = async (_, __, claims) => {
      subs.push(claims.sub);
      return "0/1";
    };
    const rows = newTopic();
    await client.tryJoin(rows, {
      config: { postgres_changes: [{ schema: "public", table: "t" }] },
      access_token: edge.token({ sub: "one" }),
    });
    await client.expectFrame({
      topic: rows,
      event: "system",
      payload: { message: "Subscribed to PostgreSQL" },
    });
    client.send(rows, "access_token", { access_token: edge.token({ sub: "two" }) });
    await client.expectFrame({
      topic: rows,
      event: "system",
      payload: { message: "Subscribed to PostgreSQL" },
    });
    expect(subs).toEqual(["one", "two"]);
  });
});

describe("expiry", () => {
  test("[A14] a channel whose token expires is ended; the socket and other channels stay", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const client = await edge.connect();
    const exp = Math.floor(clock.nowMs() / 1_000) + 20;
    await client.tryJoin("realtime:short", { config: {}, access_token: edge.token({ exp }) });
    await client.join("realtime:long");
    await clock.advance(18_000);
    expect((await client.push("realtime:short", "presence", {})).status).toBe("ok");
    await clock.advance(3_000);
    const { payload } = await client.expectFrame({ topic: "realtime:short", event: "system" });
    expect(payload).toMatchObject({
      extension: "system",
      status: "error",
      message: /^Token has expired [01] seconds ago$/,
    });
    await client.expectFrame({ topic: "realtime:short", event: "phx_close" });
    expect((await client.push("realtime:long", "presence", {})).status).toBe("ok");
  });

  test("[A14] a token that is renewed in time never ends the channel", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const client = await edge.connect();
    const inSeconds = (s: number) => edge.token({ exp: Math.floor(clock.nowMs() / 1_000) + s });
    await client.tryJoin("realtime:a", { config: {}, access_token: inSeconds(20) });
    for (let i = 0; i < 4; i++) {
      await clock.advance(15_000);
      client.send("realtime:a", "access_token", { access_token: inSeconds(20) });
      // Waits behind the token, whose signature is verified in real time.
      expect((await client.push("realtime:a", "presence", {})).status).toBe("ok");
    }
  });

  test("[A14] a revoked key ends its channels within five minutes", async () => {
    const clock = new SteppedClock();
    await using edge = await startEdge({ clock });
    const client = await edge.connect();
    await client.join("realtime:a");
    edge.record.keys.splice(0);
    for (let i = 0; i < 6; i++) {
      await clock.advance(50_500);
      await client.heartbeat();
    }
    await client.expectFrame({ topic: "realtime:a", event: "system", payload: { status: "error" } });
    await client.expectFrame({ topic: "realtime:a", event: "phx_close" });
  });
});
