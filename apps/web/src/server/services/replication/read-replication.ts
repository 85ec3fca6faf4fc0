import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { ProjectScope } from "../../context.ts";
import { toSurveyed } from "../../fleet/survey.ts";
import type { DatabaseWitness, ReplicationView } from "../../views/replication.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { newestHome } from "./newest-home.ts";
import { readSlot } from "./read-slot.ts";
import { toReplicationVerdict } from "./to-replication-verdict.ts";

export async function readReplication(ctx: ProjectScope): Promise<ReplicationView> {
  const { resources, project } = ctx;
  const { ref } = project;
  const result = await askNodes(resources, (node, options) => node.replication.query({ ref }, options));
  const surveyed = toSurveyed(result);
  const home = newestHome(result.replies.map(({ value }) => value));
  const database = await findWitness(ctx, home, surveyed.silent.length > 0);
  const verdict = toReplicationVerdict({ home, surveyed, database, nowMs: resources.nowMs() });
  return { ...surveyed, ref, verdict, home, database, slotLostAtMs: null };
}

/** A home that streams knows best. Whatever else there is, the database is asked. */
async function findWitness(
  ctx: ProjectScope,
  home: ReplicationSnapshot | null,
  isNodeSilent: boolean,
): Promise<DatabaseWitness | null> {
  if (home?.state === "streaming" || home?.state === "idle") return null;
  return ctx.resources.slotWitnesses.ask(ctx.project.ref, () => readSlot(ctx), home !== null || isNodeSilent);
}
