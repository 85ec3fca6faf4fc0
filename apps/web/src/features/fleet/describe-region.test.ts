import { expect, test } from "vitest";
import type { NodeView, RegionView } from "#server/views/fleet.ts";
import { describeRegion } from "./describe-region.ts";

const node = (id: string, connections: number | null, health: NodeView["health"] = "healthy") =>
  ({ id, connections, health }) as NodeView;
const region = (...nodes: NodeView[]): RegionView => ({
  id: "eu-1",
  name: "Europe",
  desired: 2,
  actual: nodes.length,
  connections: nodes.reduce((sum, { connections }) => sum + (connections ?? 0), 0),
  nodes,
});

test.each([
  ["all answer", region(node("a", 4), node("b", 1)), "2 of 2 nodes serving, 5 connections"],
  [
    "one is silent",
    region(node("a", 4), node("b", null, "suspect")),
    "2 of 2 nodes serving, 4 connections known, those of b unknown",
  ],
  ["nobody answers", region(node("a", null, "suspect")), "1 of 2 nodes serving, connections unknown"],
])("%s", (_case, view, sentence) => expect(describeRegion(view)).toBe(sentence));
