import { readFleetReport } from "@tidewire/db/fleet-report";
import { listNodes, type NodeStatus } from "@tidewire/db/nodes";
import { listRegions, type Region } from "@tidewire/db/regions";
import type { MemberScope } from "../../context.ts";
import { survey } from "../../fleet/survey.ts";
import type { Resources } from "../../resources.ts";
import type { FleetView, NodeView, ReconcilerView, RegionView } from "../../views/fleet.ts";
import { toNodeView } from "./to-node-view.ts";

/** A node that ended this long ago is history. */
const SHOWN_AFTER_END_MS = 60_000;

const UNMANAGED: ReconcilerView = { role: "off", lastPassAtMs: null, actions: [], problems: [] };

export async function readFleet({ resources }: Pick<MemberScope, "resources">): Promise<FleetView> {
  const { db, clients, nowMs } = resources;
  const [regions, rows] = await Promise.all([listRegions(db), listNodes(db)]);
  const shown = rows.filter((row) => row.state !== "gone" || row.silentMs < SHOWN_AFTER_END_MS);
  const asked = shown.filter((row) => row.state !== "gone");
  const result = await survey(
    asked,
    (node, signal) => clients.at(node.adminUrl).snapshot.query(undefined, { signal }),
    { nowMs },
  );
  const snapshots = new Map(result.replies.map(({ node, value }) => [node, value]));
  const silences = new Map(result.silentNodes.map(({ node, reason }) => [node, reason]));
  const nodes = shown.map((row) =>
    toNodeView(row, { snapshot: snapshots.get(row.id) ?? null, silence: silences.get(row.id) ?? null }),
  );
  return {
    askedAtMs: result.askedAtMs,
    answered: result.answered,
    silent: result.silent,
    regions: toRegionViews(regions, shown, nodes),
    reconciler: await readReconciler(resources),
  };
}

/** Whoever leads says what is done; a dashboard that stands by repeats it. */
async function readReconciler({
  db,
  reconciler,
}: Pick<Resources, "db" | "reconciler">): Promise<ReconcilerView> {
  const own = reconciler?.view() ?? UNMANAGED;
  if (own.role !== "follower") return own;
  const report = await readFleetReport(db);
  return report === null ? own : { role: own.role, ...report };
}

/** Declared regions, and those that only a node speaks of: it is seen, not hidden. */
function toRegionViews(
  regions: readonly Region[],
  rows: readonly NodeStatus[],
  nodes: readonly NodeView[],
): RegionView[] {
  const declared = new Map(regions.map((region) => [region.id, region]));
  const ids = new Set([...declared.keys(), ...rows.map((row) => row.region)]);
  return [...ids].sort().map((id) => {
    const own = nodes.filter((node) => node.region === id);
    return {
      id,
      name: declared.get(id)?.name ?? id,
      desired: declared.get(id)?.desiredNodes ?? 0,
      actual: own.filter(({ health }) => health === "healthy" || health === "suspect").length,
      connections: own.reduce((sum, { connections }) => sum + (connections ?? 0), 0),
      nodes: own,
    };
  });
}
