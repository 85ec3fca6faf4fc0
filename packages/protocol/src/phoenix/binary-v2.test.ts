import { describe, expect, test } from "vitest";
import { Refusal } from "../errors.ts";
import { checkHeaderFields } from "./binary-v2.ts";
import { jsonV2 } from "./json-v2.ts";

const payload = new TextEncoder().encode("{}");

describe("[B14] header fields", () => {
  test.each([
    ["t".repeat(255), "e".repeat(255)],
    ["é".repeat(127), "😀".repeat(63)],
  ])("of at most 255 bytes are accepted and encoded", (topic, event) => {
    checkHeaderFields(topic, event);
    expect(jsonV2.encodeBroadcast(topic, { form: "user", event, encoding: "json", payload })).not.toBeNull();
    expect(jsonV2.encodeBroadcast(topic, { form: "raw", event, payload })).not.toBeNull();
  });

  test.each([
    ["t".repeat(256), "e", "topic takes 256 bytes, at most 255 are possible"],
    ["t", "é".repeat(128), "event takes 256 bytes, at most 255 are possible"],
    ["t", "€".repeat(86), "event takes 258 bytes, at most 255 are possible"],
  ])("beyond that are refused before and while encoding", (topic, event, message) => {
    const refusal = expect.objectContaining({ code: "HeaderFieldTooLong", message });
    expect(() => checkHeaderFields(topic, event)).toThrow(refusal);
    expect(() => jsonV2.encodeBroadcast(topic, { form: "user", event, encoding: "json", payload })).toThrow(
      refusal,
    );
    expect(() => jsonV2.encodeBroadcast(topic, { form: "raw", event, payload })).toThrow(refusal);
  });

  test("metadata is bounded too", () => {
    const meta = { id: "x".repeat(300) };
    expect(() =>
      jsonV2.encodeBroadcast("t", { form: "user", event: "e", encoding: "json", payload, meta }),
    ).toThrow(Refusal);
  });
});

test("frames of one encoder do not share memory", () => {
  const first = jsonV2.encodeBroadcast("a", {
    form: "user",
    event: "e",
    encoding: "json",
    payload,
  }) as Uint8Array;
  const copy = first.slice();
  jsonV2.encodeBroadcast("b", { form: "user", event: "f", encoding: "binary", payload });
  expect(first).toEqual(copy);
});
