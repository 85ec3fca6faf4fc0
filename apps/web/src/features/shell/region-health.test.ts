import { expect, test } from "vitest";
import type { NodeView, RegionView } from "#server/views/fleet.ts";
import { regionHealth } from "./region-health.ts";

const node = (health: NodeView["health"]) => ({ health }) as NodeView;
const region = (desired: number, ...nodes: NodeView[]): RegionView => ({
  id: "eu-1",
  name: "Europe",
  desired,
  actual: nodes.length,
  connections: 0,
  nodes,
});

test.each([
  ["all as wanted", region(2, node("healthy"), node("healthy")), "ok"],
  ["one is missing", region(2, node("healthy")), "warn"],
  ["one is suspect", region(1, node("healthy"), node("suspect")), "warn"],
  ["nobody serves", region(1, node("down")), "bad"],
  ["nobody is wanted", region(0), "idle"],
])("%s: %o", (_title, view, status) => expect(regionHealth(view).status).toBe(status));
