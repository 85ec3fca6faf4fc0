import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";

export interface TopicSummary {
  /** Topics of the same name are two when one is private and one is public: they share nothing. */
  id: string;
  topic: string;
  private: boolean;
  /** Channels, that is memberships of one connection each. */
  subscribers: number;
  bindings: number;
  oldestMs: number;
  nodes: string[];
  connections: string[];
}

/** The channels of all connections, gathered by topic. */
export function summarizeTopics(connections: readonly ConnectionInfo[]): TopicSummary[] {
  const topics = new Map<string, TopicSummary>();
  for (const connection of connections) {
    for (const { topic, private: isPrivate, sinceMs, bindings } of connection.channels) {
      const id = `${isPrivate ? "private" : "public"} ${topic}`;
      const summary = topics.get(id) ?? {
        id,
        topic,
        private: isPrivate,
        subscribers: 0,
        bindings: 0,
        oldestMs: sinceMs,
        nodes: [],
        connections: [],
      };
      summary.subscribers++;
      summary.bindings += bindings;
      summary.oldestMs = Math.min(summary.oldestMs, sinceMs);
      if (!summary.nodes.includes(connection.node)) summary.nodes.push(connection.node);
      summary.connections.push(connection.id);
      topics.set(id, summary);
    }
  }
  return [...topics.values()];
}
