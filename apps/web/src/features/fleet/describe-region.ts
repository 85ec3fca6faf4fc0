import { formatCount, plural } from "#lib/format.ts";
import type { RegionView } from "#server/views/fleet.ts";

/** How many nodes serve and for how many connections; those of silent nodes are named as unknown, not left out. */
export function describeRegion({ actual, desired, connections, nodes }: RegionView): string {
  const serving = `${formatCount(actual)} of ${plural(desired, "node")} serving`;
  const silent = nodes.filter((node) => node.connections === null && node.health !== "down");
  if (silent.length === 0) return `${serving}, ${plural(connections, "connection")}`;
  const unknown = `those of ${silent.map(({ id }) => id).join(", ")} unknown`;
  return silent.length === nodes.length
    ? `${serving}, connections unknown`
    : `${serving}, ${plural(connections, "connection")} known, ${unknown}`;
}
