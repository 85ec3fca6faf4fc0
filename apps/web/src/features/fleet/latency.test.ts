import type { Misroute, RouteView } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import type { RegionView } from "#server/views/fleet.ts";
import { isMisrouted, misroutesOf, toMatrix } from "./latency.ts";

const peer = (node: string, region: string, p50Ms: number, lost = 0) => ({
  node,
  region,
  p50Ms,
  p99Ms: p50Ms * 2,
  samples: 9,
  lost,
});
const region = (id: string, routes: (Partial<RouteView> | null)[]): RegionView =>
  ({
    id,
    nodes: routes.map((route) => ({
      routes: route && { peers: [], databases: [], misroutes: [], ...route },
    })),
  }) as unknown as RegionView;
const misroute = (sinceMs: number): Misroute => ({
  kind: "client",
  ref: "demo",
  who: `phone ${sinceMs}`,
  region: "eu",
  rttMs: 120,
  betterRegion: "us",
  betterRttMs: 20,
  sinceMs,
});

test("the matrix takes the middle of medians and the worst of the tails; a silent region has no row", () => {
  const matrix = toMatrix([
    region("eu", [
      { peers: [peer("us-1", "us", 80, 1), peer("eu-2", "eu", 1)] },
      { peers: [peer("us-1", "us", 90)] },
    ]),
    region("us", [{ peers: [] }]),
    region("ap", [null]),
  ]);
  expect(matrix.regions).toEqual(["eu", "us"]);
  expect(matrix.rows).toEqual([
    {
      from: "eu",
      cells: [
        { p50Ms: 1, p99Ms: 2, lost: 0 },
        { p50Ms: 80, p99Ms: 180, lost: 1 / 19 },
      ],
    },
    { from: "us", cells: [null, null] },
  ]);
});

test("misroutes of all nodes are listed, the longest first, and mark their cell", () => {
  const regions = [region("eu", [{ misroutes: [misroute(9)] }, { misroutes: [misroute(3)] }, null])];
  const misroutes = misroutesOf(regions);
  expect(misroutes.map(({ who }) => who)).toEqual(["phone 3", "phone 9"]);
  expect([isMisrouted(misroutes, "eu", "us"), isMisrouted(misroutes, "us", "eu")]).toEqual([true, false]);
});
