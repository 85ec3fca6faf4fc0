import type { PresenceEviction, PresenceMember, PresenceSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { PresenceTopic } from "../../views/presence.ts";

const DEPARTURES_MAX = 500;

export interface MergedPresence {
  topics: PresenceTopic[];
  members: PresenceMember[];
  departures: PresenceEviction[];
}

/**
 * One truth out of many: every node reports the members it knows of, its own and those it was told of. What a member's
 * own node says wins, because only that node has the socket.
 */
export function mergePresence(snapshots: readonly PresenceSnapshot[]): MergedPresence {
  const members = new Map<string, PresenceMember>();
  for (const snapshot of snapshots) {
    for (const member of snapshot.members) {
      const id = memberId(member);
      if (!members.has(id) || member.node === snapshot.node) members.set(id, member);
    }
  }
  return {
    topics: mergeTopics(snapshots, [...members.values()]),
    members: [...members.values()].sort((a, b) => a.sinceMs - b.sinceMs),
    departures: mergeDepartures(snapshots),
  };
}

function memberId({ topic, private: isPrivate, key, phxRef, channel }: PresenceMember): string {
  return JSON.stringify([topic, isPrivate, key, phxRef, channel]);
}

function mergeTopics(
  snapshots: readonly PresenceSnapshot[],
  members: readonly PresenceMember[],
): PresenceTopic[] {
  const counted = new Map<string, number>();
  for (const member of members) counted.set(topicId(member), (counted.get(topicId(member)) ?? 0) + 1);
  const topics = new Map<string, PresenceTopic>();
  for (const { node, topics: reported } of snapshots) {
    for (const { topic, private: isPrivate, members: count, joins, leaves } of reported) {
      const id = topicId({ topic, private: isPrivate });
      const merged = topics.get(id) ?? {
        topic,
        private: isPrivate,
        members: 0,
        joins: 0,
        leaves: 0,
        nodes: [],
      };
      // Nodes that carry a topic see the same joins and leaves; the one that carried it longest has seen most.
      merged.joins = Math.max(merged.joins, joins);
      merged.leaves = Math.max(merged.leaves, leaves);
      merged.members = Math.max(merged.members, count, counted.get(id) ?? 0);
      merged.nodes.push(node);
      topics.set(id, merged);
    }
  }
  return [...topics.values()].sort((a, b) => b.members - a.members || a.topic.localeCompare(b.topic));
}

function topicId({ topic, private: isPrivate }: { topic: string; private: boolean }): string {
  return JSON.stringify([topic, isPrivate]);
}

/** Several nodes may tell of the same departure, each at its own time; the first to know is kept. */
function mergeDepartures(snapshots: readonly PresenceSnapshot[]): PresenceEviction[] {
  const all = snapshots.flatMap((snapshot) => snapshot.departures).sort((a, b) => a.atMs - b.atMs);
  const kept: PresenceEviction[] = [];
  const lastAtMs = new Map<string, number>();
  for (const departure of all) {
    const id = JSON.stringify([departure.topic, departure.key, departure.node, departure.cause]);
    const before = lastAtMs.get(id);
    if (before !== undefined && departure.atMs - before < SAME_DEPARTURE_MS) continue;
    lastAtMs.set(id, departure.atMs);
    kept.push(departure);
  }
  return kept.reverse().slice(0, DEPARTURES_MAX);
}

/** Nodes notice one departure within a beat of each other. */
const SAME_DEPARTURE_MS = 1_000;
