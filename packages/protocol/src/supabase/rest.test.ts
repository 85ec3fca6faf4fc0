import { describe, expect, test } from "vitest";
import { type ErrorCode, Refusal } from "../errors.ts";
import { jsonV1 } from "../phoenix/json-v1.ts";
import { parseBatch, parseSingle, toRestAnswer } from "./rest.ts";

const MAX = 1_000;
const encode = (text: string) => new TextEncoder().encode(text);

function answer(act: () => unknown): { status: number; body: object } {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return toRestAnswer(error);
    throw error;
  }
  throw new Error("was accepted");
}

const messages = (errors: unknown) => ({ status: 422, body: { errors: { messages: errors } } });

describe("a batch", () => {
  test("[B2] passes payloads on as they were written", () => {
    const body = `{"messages":[
      {"topic":"a","event":"e","payload":{ "n" : 9007199254740993 }},
      {"payload":{"payload":{"x":1}},"private":true,"event":"f","topic":"b:c","id":"m1"}]}`;
    expect(parseBatch(body, MAX)).toEqual([
      {
        topic: "a",
        private: false,
        event: "e",
        broadcast: {
          form: "verbatim",
          payloadJson: '{"event":"e","payload":{ "n" : 9007199254740993 },"type":"broadcast"}',
          meta: undefined,
        },
      },
      {
        topic: "b:c",
        private: true,
        event: "f",
        broadcast: {
          form: "verbatim",
          payloadJson: '{"event":"f","payload":{"payload":{"x":1}},"type":"broadcast"}',
          meta: { id: "m1" },
        },
      },
    ]);
  });

  test("[B25] a given id becomes meta.id", () => {
    const [message] = parseBatch('{"messages":[{"topic":"a","event":"e","payload":{},"id":"m1"}]}', MAX);
    expect(message && jsonV1.encodeBroadcast("realtime:a", message.broadcast)).toBe(
      '{"topic":"realtime:a","event":"broadcast","payload":{"event":"e","payload":{},"type":"broadcast","meta":{"id":"m1"}},"ref":null}',
    );
  });

  test.each(["{}", "[]", '[{"topic":"a"}]', '{"messages":null}', '{"messages":[]}', "5", "null"])(
    "[B23] %s has no messages",
    (body) => {
      expect(answer(() => parseBatch(body, MAX))).toEqual(messages(["can't be blank"]));
    },
  );

  test.each(['{"messages":{}}', '{"messages":"x"}', '{"messages":[1]}', '{"messages":[null]}'])(
    "[B23] %s is invalid",
    (body) => {
      expect(answer(() => parseBatch(body, MAX))).toEqual(messages(["is invalid"]));
    },
  );

  test("[B23] errors stand at the index of their message and refuse the whole batch", () => {
    const good = { topic: "a", event: "e", payload: {} };
    const body = JSON.stringify({
      messages: [
        { topic: "a" },
        good,
        { ...good, payload: [1] },
        { ...good, topic: 5, private: "maybe" },
        { ...good, event: "  ", id: 5 },
        { ...good, payload: { a: "x".repeat(MAX) } },
      ],
    });
    expect(answer(() => parseBatch(body, MAX))).toEqual(
      messages([
        { event: ["can't be blank"], payload: ["can't be blank"] },
        {},
        { payload: ["is invalid"] },
        { topic: ["is invalid"], private: ["is invalid"] },
        { event: ["can't be blank"], id: ["is invalid"] },
        { payload: ["Payload size exceeds tenant limit"] },
      ]),
    );
  });

  test.each([
    [null, false],
    [false, false],
    ["true", true],
  ])("[B22] private %j is %s", (value, expected) => {
    const body = JSON.stringify({ messages: [{ topic: "a", event: "e", payload: {}, private: value }] });
    expect(parseBatch(body, MAX)[0]?.private).toBe(expected);
  });

  test("broken JSON is a bad request", () => {
    expect(answer(() => parseBatch("{", MAX)).status).toBe(400);
  });
});

describe("a single request", () => {
  const single = (contentType: string | undefined, body: string | Uint8Array, event = "e", topic = "a") =>
    parseSingle({ topic, event, contentType, body: typeof body === "string" ? encode(body) : body }, MAX);

  test.each([
    ["application/json", '{ "n":1.0 }', '{ "n":1.0 }'],
    ["application/json; charset=utf-8", "[1]", '{"_json":[1]}'],
    ["Application/JSON", "null", '{"_json":null}'],
    ["application/json", "", "{}"],
    [undefined, "anything", "{}"],
  ])("[B27] %s with %j is sent as %j", (type, body, sent) => {
    expect(single(type, body)).toEqual({ form: "user", event: "e", encoding: "json", payload: encode(sent) });
  });

  test("[B11] octet-stream is sent as bytes", () => {
    const body = Uint8Array.of(0, 255);
    expect(single("application/octet-stream;x=y", body)).toEqual({
      form: "user",
      event: "e",
      encoding: "binary",
      payload: body,
    });
  });

  test("[B26] other types are refused with error, not message", () => {
    expect(answer(() => single("text/plain", "x"))).toEqual({
      status: 415,
      body: { error: "Unsupported Media Type. Use application/json or application/octet-stream" },
    });
  });

  test("[B14] [L7] long names and large payloads are 422 with the field", () => {
    expect(answer(() => single("application/json", "{}", "e".repeat(256)))).toEqual({
      status: 422,
      body: { errors: { event: ["event takes 256 bytes, at most 255 are possible"] } },
    });
    expect(answer(() => single("application/json", "{}", "e", "t".repeat(247))).body).toHaveProperty(
      "errors.topic",
    );
    expect(answer(() => single("application/octet-stream", new Uint8Array(MAX + 1)))).toEqual({
      status: 422,
      body: { errors: { payload: ["Payload size exceeds tenant limit"] } },
    });
  });
});

test.each<[ErrorCode, number, string]>([
  ["Unauthorized", 403, "Unauthorized"],
  ["MalformedJWT", 401, "Unauthorized"],
  ["TenantNotFound", 401, "Tenant not found in database"],
  ["RealtimeDisabledForTenant", 403, "Tenant is suspended"],
  ["RlsPolicyError", 422, "RLS policy error"],
  ["QueryCanceled", 422, "Query canceled"],
  ["MissingPartition", 422, "Missing messages partition"],
  ["UnableToConnectToProject", 422, "Tenant database unavailable"],
  ["IncreaseConnectionPool", 429, "Connection pool exhausted"],
  ["TooManyRequests", 429, "Too many requests"],
  ["MessagePerSecondRateLimitReached", 429, "You have exceeded your rate limit"],
  ["BatchTooLarge", 429, "Too many messages to broadcast, please reduce the batch size"],
])("[B26] %s answers %i on REST", (code, status, message) => {
  expect(toRestAnswer(new Refusal(code))).toEqual({ status, body: { message } });
});
