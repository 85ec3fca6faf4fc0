import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { expect, test } from "vitest";
import { groupRefusals } from "./refusals.ts";

const event = (kind: TapEvent["kind"], code: string, atMs: number): TapEvent => ({
  id: `${atMs}`,
  atMs,
  node: "a",
  ref: "demo",
  kind,
  code,
});

test("[P7] every group carries the words of the error table", () => {
  const [group] = groupRefusals([event("refusal", "Unauthorized", 1)]);
  expect(group?.remedy).toBeTruthy();
  expect(group?.sentence).toBeTruthy();
});

test("the most frequent code comes first, with its last time; closes are no refusals", () => {
  const groups = groupRefusals([
    event("refusal", "A", 1),
    event("refusal", "B", 2),
    event("refusal", "B", 7),
    event("close", "C", 9),
  ]);
  expect(groups.map(({ code, count, lastAtMs }) => [code, count, lastAtMs])).toEqual([
    ["B", 2, 7],
    ["A", 1, 1],
  ]);
});
