import type { ProjectSnapshot, ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { ProjectScope } from "../../context.ts";
import { toSurveyed } from "../../fleet/survey.ts";
import type { Overview, ReplicationGlance } from "../../views/overview.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { toProjectState } from "../projects/to-project-state.ts";
import { newestHome } from "../replication/newest-home.ts";
import { toReplicationVerdict } from "../replication/to-replication-verdict.ts";
import { sumCounters, toRates, toRegionShares } from "./counters.ts";
import { toVerdict } from "./to-verdict.ts";

export interface OverviewReading {
  view: Overview;
  /** For the next reading's rates. */
  snapshots: ProjectSnapshot[];
}

export async function readOverview(ctx: ProjectScope): Promise<Overview> {
  return (await readOverviewAfter(ctx, [])).view;
}

/** @param before the snapshots of the reading before; empty at first */
export async function readOverviewAfter(
  { resources, project: { ref, status } }: ProjectScope,
  before: readonly ProjectSnapshot[],
): Promise<OverviewReading> {
  const result = await askNodes(resources, (node, options) =>
    Promise.all([node.project.query({ ref }, options), node.replication.query({ ref }, options)]),
  );
  const snapshots = result.replies.flatMap(({ value: [snapshot] }) => snapshot ?? []);
  const home = newestHome(result.replies.map(({ value: [, replication] }) => replication));
  const surveyed = toSurveyed(result);
  const rates = toRates(before, snapshots);
  const glance = home && toGlance(home);
  const verdict = toVerdict({
    state: toProjectState(status),
    surveyed,
    rates,
    replication: home && toReplicationVerdict({ home, surveyed, database: null, nowMs: resources.nowMs() }),
    pool: home?.pool ?? null,
  });
  return {
    view: {
      ...surveyed,
      ref,
      verdict,
      totals: sumCounters(snapshots),
      rates,
      regions: toRegionShares(snapshots),
      replication: glance,
    },
    snapshots,
  };
}

function toGlance(home: ReplicationSnapshot): ReplicationGlance {
  const { node, state, lagMs, lagBytes, retainedBytes, retainedBytesMax, total, pool } = home;
  return {
    node,
    state,
    lagMs: lagMs ?? null,
    lagP99Ms: total.count === 0 ? null : total.p99,
    lagBytes: lagBytes ?? null,
    retainedBytes: retainedBytes ?? null,
    retainedBytesMax,
    pool: { size: pool.size, inUse: pool.inUse, queued: pool.queued },
  };
}
