import { Refusal } from "../errors.ts";
import type { Topic } from "../ids.ts";

const PREFIX = "realtime:";

/**
 * The name behind `realtime:` (protocol 3.1). The prefix is case-sensitive; the name may hold anything, also `:`.
 * @throws Refusal UnmatchedTopic, TopicNameRequired
 */
export function parseTopic(fullTopic: string): Topic {
  if (!fullTopic.startsWith(PREFIX)) throw new Refusal("UnmatchedTopic");
  if (fullTopic.length === PREFIX.length) throw new Refusal("TopicNameRequired");
  return fullTopic.slice(PREFIX.length) as Topic;
}

/** As it stands in frames. */
export function toFullTopic(topic: string): string {
  return PREFIX + topic;
}
