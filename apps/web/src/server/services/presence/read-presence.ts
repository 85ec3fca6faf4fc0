import type { ProjectScope } from "../../context.ts";
import { toSurveyed } from "../../fleet/survey.ts";
import type { PresenceView } from "../../views/presence.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { mergePresence } from "./merge-presence.ts";

/** @param topic limits the members, not the list of topics; undefined for all */
export async function readPresence(
  { resources, project: { ref } }: ProjectScope,
  topic: string | undefined,
): Promise<PresenceView> {
  const result = await askNodes(resources, (node, options) => node.presence.query({ ref, topic }, options));
  return { ...toSurveyed(result), ref, ...mergePresence(result.replies.map(({ value }) => value)) };
}
