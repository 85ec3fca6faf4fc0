import type { NodeHealth } from "@tidewire/protocol/cluster/beat";
import { expect, test } from "vitest";
import { regionHealth } from "./region-health.ts";

const node = (health: NodeHealth) => ({ health });
const region = (desired: number, ...nodes: { health: NodeHealth }[]) => ({ id: "eu-1", desired, nodes });

test.each([
  ["all as wanted", region(2, node("healthy"), node("healthy")), "ok"],
  ["one is missing", region(2, node("healthy")), "warn"],
  ["one is suspect", region(1, node("healthy"), node("suspect")), "warn"],
  ["nobody serves", region(1, node("down")), "bad"],
  ["nobody is wanted", region(0), "idle"],
])("%s: %o", (_title, view, status) => expect(regionHealth(view).status).toBe(status));
