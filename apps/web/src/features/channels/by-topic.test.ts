import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import { summarizeTopics } from "./by-topic.ts";

const connection = (id: string, node: string, ...channels: Partial<ConnectionInfo["channels"][number]>[]) =>
  ({
    id,
    node,
    channels: channels.map((channel, index) => ({
      id: `${id}${index}`,
      topic: "room:1",
      private: false,
      sinceMs: 0,
      bindings: 0,
      ...channel,
    })),
  }) as ConnectionInfo;

test("channels of a topic are gathered over connections and nodes", () => {
  const [room] = summarizeTopics([
    connection("a", "eu-1", { sinceMs: 9, bindings: 2 }),
    connection("b", "eu-2", { sinceMs: 4 }),
    connection("c", "eu-2", {}, { topic: "other" }),
  ]);
  expect(room).toMatchObject({
    topic: "room:1",
    subscribers: 3,
    bindings: 2,
    oldestMs: 0,
    nodes: ["eu-1", "eu-2"],
    connections: ["a", "b", "c"],
  });
});

test("a private and a public topic of one name are two", () => {
  expect(summarizeTopics([connection("a", "eu-1", { private: true }, {})])).toHaveLength(2);
});
