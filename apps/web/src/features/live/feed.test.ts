import { expect, test } from "vitest";
import { toFeed } from "./feed.ts";

test("[S6] a stream that once failed counts as lost until it is open again", () => {
  const error = new Error("gone");
  expect(toFeed({ status: "connecting", error: null }, false)).toEqual({ kind: "connecting" });
  expect(toFeed({ status: "connecting", error }, false)).toEqual({ kind: "lost", reason: "gone" });
  expect(toFeed({ status: "pending", error }, false)).toEqual({ kind: "live" });
});

test("a paused page is paused, whatever the stream does", () => {
  expect(toFeed({ status: "idle", error: null }, true)).toEqual({ kind: "paused" });
});
