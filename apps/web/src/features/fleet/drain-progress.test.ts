import { expect, test } from "vitest";
import type { NodeView } from "#server/views/fleet.ts";
import { drainProgress, trackPeaks } from "./drain-progress.ts";

const node = (health: NodeView["health"], connections: number | null) =>
  ({ id: "a", health, connections }) as NodeView;

test("what has gone of the peak has moved", () => {
  const peaks = trackPeaks(trackPeaks(new Map(), [node("healthy", 1_200)]), [node("draining", 1_057)]);
  expect(drainProgress(node("draining", 1_057), peaks)).toEqual({ moved: 143, of: 1_200 });
});

test("a healthy node is not draining, and a silent one has no known progress", () => {
  const peaks = new Map([["a", 10]]);
  expect(drainProgress(node("healthy", 4), peaks)).toBeNull();
  expect(drainProgress(node("draining", null), peaks)).toBeNull();
});

test("a node that has gone is forgotten", () => {
  expect(trackPeaks(new Map([["gone", 5]]), [node("healthy", 1)]).has("gone")).toBe(false);
});
