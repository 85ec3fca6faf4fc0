import type { PresenceEviction, PresenceMember, PresenceSnapshot } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import { mergePresence } from "./merge-presence.ts";

const member = (node: string, key: string, over: Partial<PresenceMember> = {}): PresenceMember => ({
  topic: "room",
  private: false,
  key,
  phxRef: `${key}-ref`,
  metaJson: "{}",
  node,
  region: "eu",
  channel: `${key}-channel`,
  sinceMs: 0,
  state: "live",
  ...over,
});
const snapshot = (
  node: string,
  members: PresenceMember[],
  over: Partial<PresenceSnapshot> = {},
): PresenceSnapshot => ({
  node,
  topics: [{ topic: "room", private: false, members: members.length, joins: members.length, leaves: 0 }],
  members,
  departures: [],
  ...over,
});

test("a member that every node knows of is one member, with the evidence of its own node", () => {
  const { members, topics } = mergePresence([
    snapshot("a", [member("a", "alice", { lastByteMs: 5 }), member("b", "bob")]),
    snapshot("b", [member("a", "alice"), member("b", "bob", { lastByteMs: 7, state: "suspect" })]),
  ]);
  expect(members.map(({ key, lastByteMs, state }) => [key, lastByteMs, state])).toEqual([
    ["alice", 5, "live"],
    ["bob", 7, "suspect"],
  ]);
  expect(topics).toEqual([
    { topic: "room", private: false, members: 2, joins: 2, leaves: 0, nodes: ["a", "b"] },
  ]);
});

test("a member of a silent node is still shown by those who know of it", () => {
  expect(mergePresence([snapshot("a", [member("b", "bob")])]).members).toHaveLength(1);
});

test("one key on two tabs is two members; public and private topics of one name are two topics", () => {
  const { members, topics } = mergePresence([
    snapshot("a", [member("a", "alice"), member("a", "alice", { phxRef: "2", channel: "2" })], {
      topics: [
        { topic: "room", private: false, members: 2, joins: 2, leaves: 0 },
        { topic: "room", private: true, members: 0, joins: 1, leaves: 1 },
      ],
    }),
  ]);
  expect(members).toHaveLength(2);
  expect(topics.map((topic) => [topic.private, topic.members])).toEqual([
    [false, 2],
    [true, 0],
  ]);
});

test("a departure that several nodes noticed is told once, the newest first", () => {
  const departure = (atMs: number, key: string): PresenceEviction => ({
    atMs,
    topic: "room",
    key,
    node: "c",
    cause: "node-down",
  });
  const { departures } = mergePresence([
    snapshot("a", [], { departures: [departure(1_000, "alice"), departure(9_000, "alice")] }),
    snapshot("b", [], { departures: [departure(1_400, "alice"), departure(1_500, "bob")] }),
  ]);
  expect(departures.map(({ atMs, key }) => [atMs, key])).toEqual([
    [9_000, "alice"],
    [1_500, "bob"],
    [1_000, "alice"],
  ]);
});
