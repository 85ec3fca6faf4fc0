import { expect, test } from "vitest";
import { toSpans } from "./spans.ts";

test("a stage lasts from the passage of the one before to its own", () => {
  expect(toSpans({ accepted: 100, sequenced: 101, socket: 104 })).toEqual([
    { label: "sequenced", startMs: 100, endMs: 101 },
    { label: "socket writes", startMs: 101, endMs: 104 },
  ]);
});

test("one passage alone has no duration", () => expect(toSpans({ accepted: 100 })).toEqual([]));
