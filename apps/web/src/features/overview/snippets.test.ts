import { expect, test } from "vitest";
import { toSnippets } from "./snippets.ts";

const target = {
  url: "http://localhost:4000/p/demo0000000000000000",
  websocketUrl: "ws://localhost:4000/p/demo0000000000000000/realtime/v1/websocket",
  key: "tw_publishable_x",
};

test("every snippet carries the real address and key", () => {
  for (const { text } of toSnippets(target)) {
    expect(text).toContain("localhost:4000/p/demo0000000000000000");
    expect(text).toContain("tw_publishable_x");
  }
});

test("the phoenix client adds /websocket by itself", () => {
  const phoenix = toSnippets(target).find(({ id }) => id === "phoenix");
  expect(phoenix?.text).toContain('realtime/v1"');
});

test("the frames to paste are valid JSON", () => {
  const frames = toSnippets(target)
    .find(({ id }) => id === "wscat")
    ?.text.split("\n")
    .filter((line) => line.startsWith("["));
  expect(frames).toHaveLength(2);
  for (const frame of frames ?? []) expect(JSON.parse(frame)).toHaveLength(5);
});
