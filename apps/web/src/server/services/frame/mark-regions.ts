import type { MemberScope } from "../../context.ts";
import type { RegionMark } from "../../views/frame.ts";
import { readFleet } from "../fleet/read-fleet.ts";

export async function markRegions(ctx: MemberScope): Promise<RegionMark[]> {
  const { regions } = await readFleet(ctx);
  return regions.map(({ id, name, desired, nodes }) => ({
    id,
    name,
    desired,
    nodes: nodes.map((node) => ({ id: node.id, health: node.health })),
  }));
}
