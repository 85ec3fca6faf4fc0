import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { describe, expect, test } from "vitest";
import { matchesFilter, parseFilter, toServerFilter } from "./filter.ts";

const event: TapEvent = {
  id: "b-1",
  atMs: 0,
  node: "eu-1-a",
  ref: "demo",
  kind: "broadcast",
  topic: "room:1",
  event: "cursor",
  user: "u1",
  payload: '{"text":"Hello world"}',
};

describe("[I1] a filter is a list of terms that must all hold", () => {
  test.each([
    ["", true],
    ["topic:room:1", true],
    ["topic:room:*", true],
    ["topic:*:1", true],
    ["topic:r*m:*", true],
    ["topic:room", false],
    ["topic:room:* event:cursor", true],
    ["topic:room:* event:typing", false],
    ["-event:cursor", false],
    ["-node:sg-*", true],
    ["hello", true],
    ['"hello world"', true],
    ['"hello  world"', false],
    ["room:1", true],
    ["user:u1 node:eu-1-a", true],
    ["code:Unauthorized", false],
    ["topic:", true],
    ["TOPIC:room:1", true],
  ])("%j lets the cursor broadcast through: %s", (text, passes) => {
    expect(matchesFilter(event, parseFilter(text))).toBe(passes);
  });
});

test("a star does not match a text that is too short for both of its ends", () => {
  expect(matchesFilter({ ...event, topic: "aba" }, parseFilter("topic:ab*ba"))).toBe(false);
});

describe("[I2] nodes are asked for no less than the page shows", () => {
  test("one topic and one text go to the nodes", () => {
    expect(toServerFilter(parseFilter("topic:room:* hello event:x"), ["broadcast"])).toEqual({
      kinds: ["broadcast"],
      topic: "room:*",
      text: "hello",
    });
  });

  test.each(["topic:a topic:b", "-topic:a", "topic:*:1", "-hello", "one two"])(
    "%j stays with the page",
    (text) => {
      expect(toServerFilter(parseFilter(text), [])).toEqual({});
    },
  );
});
