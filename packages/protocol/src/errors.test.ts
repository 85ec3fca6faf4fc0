import { describe, expect, test } from "vitest";
import { NEVER_SENT } from "./errors/never-sent.ts";
import type { Outcome } from "./errors/outcome.ts";
import { docsAnchor, ERRORS, type ErrorCode, isErrorCode, Refusal, toHandshakeAnswer } from "./errors.ts";

const TABLE = Object.entries<Outcome>(ERRORS);

describe("[E1] the table", () => {
  test.each(TABLE)("%s says what its effect needs", (_, outcome) => {
    if (outcome.effect === "close") expect(outcome.closeCode).toBeDefined();
    if (outcome.effect === "http") expect(outcome.httpStatus).toBeDefined();
    if (outcome.replyForm) expect(outcome.effect).toBe("reply");
    for (const sentence of [outcome.when, outcome.remedy]) expect(sentence).toMatch(/^[A-Z`].*\.$/);
  });

  test("names every code once, and none that is never sent", () => {
    const lower = TABLE.map(([code]) => code.toLowerCase());
    expect(new Set(lower).size).toBe(lower.length);
    expect(Object.keys(NEVER_SENT).filter(isErrorCode)).toEqual([]);
  });

  test("[C28] only the idle time-out closes with 1000, which plain Phoenix clients do not come back from", () => {
    expect(TABLE.filter(([, { closeCode }]) => closeCode === 1000).map(([code]) => code)).toEqual([
      "IdleClient",
    ]);
  });

  test("knows its own codes and no inherited names", () => {
    expect(isErrorCode("Unauthorized")).toBe(true);
    expect(isErrorCode("toString")).toBe(false);
    expect(docsAnchor("SlowConsumer")).toBe("errors.md#slowconsumer");
  });
});

describe("[E2] a refusal's reason", () => {
  test.each<[ErrorCode, string]>([
    ["TopicNameRequired", "TopicNameRequired: You must provide a topic name"],
    ["RealtimeRestarting", "RealtimeRestarting: Realtime is restarting, please standby"],
    ["TenantNotFound", "TenantNotFound: Tenant with the given ID does not exist"],
    ["PrivateOnly", "PrivateOnly: This project only allows private channels"],
    ["ConnectionRateLimitReached", "ConnectionRateLimitReached: Too many connected users"],
    ["ClientJoinRateLimitReached", "ClientJoinRateLimitReached: Too many joins per second"],
    ["ChannelRateLimitReached", "ChannelRateLimitReached: Too many channels"],
    ["MalformedJWT", "MalformedJWT: The token provided is not a valid JWT"],
    ["JwtSignatureError", "JwtSignatureError: Failed to validate JWT signature"],
    ["IncreaseConnectionPool", "IncreaseConnectionPool: Please increase your connection pool size"],
    ["RealtimeDisabledForTenant", "RealtimeDisabledForTenant: Realtime disabled for this tenant"],
    ["UnableToReplayMessages", "UnableToReplayMessages: Realtime was unable to replay messages"],
    ["UnknownChannelError", "Unknown Error on Channel"],
    ["JoinCrashed", "join crashed"],
    ["UnmatchedTopic", "unmatched topic"],
  ])("%s", (code, reason) => {
    expect(new Refusal(code).reason()).toBe(reason);
  });

  test("takes the thrower's sentence", () => {
    const message = "You do not have permissions to read from this Channel topic: room-1";
    expect(new Refusal("Unauthorized", { message }).reason()).toBe(`Unauthorized: ${message}`);
  });

  test("[E4] says where it waited and when to come back, if that can help", () => {
    const waited = { stage: "pool", elapsedMs: 5000.4, retryAfterMs: 800 };
    expect(new Refusal("IncreaseConnectionPool", waited).reason()).toBe(
      "IncreaseConnectionPool: Please increase your connection pool size (stage=pool, elapsedMs=5000, retryAfterMs=800)",
    );
    expect(new Refusal("Unauthorized", { ...waited, message: "no" }).reason()).toBe("Unauthorized: no");
    expect(new Refusal("ClientJoinRateLimitReached", { retryAfterMs: 10 }).reason()).not.toContain("(");
  });
});

describe("[C6] a refused handshake", () => {
  test.each<[ErrorCode, number, string]>([
    ["MissingAPIKey", 401, "API key is missing"],
    ["MalformedJWT", 401, "The token provided is not a valid JWT"],
    ["JwtSignatureError", 401, "Failed to validate JWT signature"],
    ["RealtimeDisabledForTenant", 403, "Realtime was disabled for this tenant"],
    ["TenantNotFound", 404, "Tenant not found"],
    ["ConnectionRateLimitReached", 429, "Too many connected users"],
    ["JoinsRateLimitReached", 429, "Too many joins per second"],
    ["ErrorConnectingToWebsocket", 500, "Error connecting to Realtime"],
  ])("%s answers %i", (code, status, error) => {
    expect(toHandshakeAnswer(new Refusal(code))).toEqual({ status, error });
  });

  test("does not tell a token's age", () => {
    const refusal = new Refusal("InvalidJWTToken", { message: "Token has expired 61 seconds ago" });
    expect(toHandshakeAnswer(refusal)).toEqual({ status: 401, error: "Token has expired" });
    expect(refusal.reason()).toBe("InvalidJWTToken: Token has expired 61 seconds ago");
  });
});
