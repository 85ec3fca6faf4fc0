import type { FanOutEnvelope, Room } from "@tidewire/protocol/cluster/fanout";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Subscription } from "../bus/bus.ts";
import type { Debts } from "./debts.ts";
import type { Incoming } from "./incoming.ts";
import type { Counter } from "./sequence.ts";
import type { TopicLog } from "./topic-log.ts";

export interface Stranger {
  /** Its messages wait here. */
  readonly held: FanOutEnvelope[];
  /** How far somebody said that it has counted. */
  head: number;
}

/** While a room is open: the subscription, and what is expected of every origin. */
export interface Listening {
  readonly subscription: Subscription;
  readonly sinceMs: number;
  /** What members may still be told of messages that were accepted while this node could not hear them. */
  readonly debts: Debts;
  /** While the nodes known at the opening are asked how far they have counted; never rejects. */
  opening: Promise<void> | undefined;
  readonly incoming: Map<string, Incoming>;
  /** Boots that have said their heads since the room was opened: of them a new origin begins at 1. */
  readonly surveyed: Set<string>;
  /** Origins of which nothing is known yet, while their node is asked. */
  readonly strangers: Map<string, Stranger>;
  /** Boots whose whole history was copied since the room was opened. */
  readonly copied: Map<string, Promise<void>>;
}

/** A room that this node has something of: members, its own recent messages, or the history of others. */
export interface CarriedRoom {
  readonly room: Room;
  readonly key: string;
  readonly subject: string;
  readonly log: TopicLog;
  /** Made with the first message accepted here. */
  counter: Counter | undefined;
  listening: Listening | undefined;
}

export function createCarriedRoom(room: Room, key: string, log: TopicLog): CarriedRoom {
  const subject = subjects.room(room.ref, room.private, room.topic);
  return { room, key, subject, log, counter: undefined, listening: undefined };
}

/** Nothing of it would be missed. */
export function isIdle({ listening, log }: CarriedRoom): boolean {
  return listening === undefined && log.count === 0;
}

/** How far the members of this room have been served, per origin. */
export function positionsOf({ log, listening, counter }: CarriedRoom): Record<string, number> {
  const positions = log.heads();
  for (const [origin, { sequence }] of listening?.incoming ?? []) positions[origin] = sequence.next - 1;
  if (counter !== undefined) positions[counter.origin] = counter.seq;
  return positions;
}

/** The same without origins of which members may still be owed something: others have said how far they are. */
export function settledPositions(carried: CarriedRoom): Record<string, number> {
  const isSettled = ([origin]: [string, number]) =>
    carried.listening?.incoming.has(origin) || origin === carried.counter?.origin;
  return Object.fromEntries(Object.entries(positionsOf(carried)).filter(isSettled));
}
