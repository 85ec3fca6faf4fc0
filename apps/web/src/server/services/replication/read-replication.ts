import type { ProjectScope } from "../../context.ts";
import { toSurveyed } from "../../fleet/survey.ts";
import type { ReplicationView } from "../../views/replication.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { newestHome } from "./newest-home.ts";
import { toReplicationVerdict } from "./to-replication-verdict.ts";

export async function readReplication({ resources, project }: ProjectScope): Promise<ReplicationView> {
  const { ref } = project;
  const result = await askNodes(resources, (node, options) => node.replication.query({ ref }, options));
  const surveyed = toSurveyed(result);
  const home = newestHome(result.replies.map(({ value }) => value));
  const verdict = toReplicationVerdict(home, surveyed, resources.nowMs());
  return { ...surveyed, ref, verdict, home, slotLostAtMs: null };
}
