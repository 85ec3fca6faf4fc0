import { describe, expect, test } from "vitest";
import { parseTopic, toFullTopic } from "./topic.ts";

describe("topics", () => {
  test.each(["a", "room:1", "realtime:x", " ", "ü/*>."])("[J3] %j keeps its name", (name) => {
    expect(parseTopic(toFullTopic(name))).toBe(name);
  });

  test.each(["", "realtime", "Realtime:a", "phoenix", " realtime:a"])("[J1] %j is not routed", (full) => {
    expect(() => parseTopic(full)).toThrow(expect.objectContaining({ code: "UnmatchedTopic" }));
  });

  test("[J2] a name is required", () => {
    expect(() => parseTopic("realtime:")).toThrow(expect.objectContaining({ code: "TopicNameRequired" }));
  });
});
