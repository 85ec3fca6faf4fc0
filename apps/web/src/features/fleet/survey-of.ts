import type { FleetView } from "#server/views/fleet.ts";
import type { Survey } from "#ui/coverage.ts";

/** The fleet knows of its silent nodes itself; the status line wants them with what is missing. */
export function surveyOf({ askedAtMs, answered, silent, regions }: FleetView): Survey {
  const nodes = new Map(regions.flatMap((region) => region.nodes).map((node) => [node.id, node]));
  return {
    askedAtMs,
    answered,
    silentNodes: silent.map((id) => {
      const node = nodes.get(id);
      return { node: id, beatAtMs: node?.beatAtMs ?? undefined };
    }),
  };
}
