import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { DropReason } from "@tidewire/protocol/cluster/tap";
import { Refusal } from "@tidewire/protocol/errors";
import type { WireData } from "@tidewire/protocol/phoenix/frame";
import type { Broadcast, BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import { toFullTopic } from "@tidewire/protocol/supabase/topic";
import type { Lane, Members } from "./members.ts";
import type { Subscriber, WireFrame } from "./subscriber.ts";

export type ToWireFrame = (data: WireData) => WireFrame;
/** Which grant a member of a private room needs to be sent a frame. */
export type Audience = "broadcast" | "presence";

/** Told of every local member of a traced broadcast; `dropped` says why it was not handed the frame. */
export type FanOutWitness = (subscriber: Subscriber, dropped: DropReason | undefined) => void;

interface Message {
  room: Room;
  position: BroadcastPosition;
  broadcast: Broadcast;
  acceptedAtMs: number;
}

interface FanOutOptions {
  /** Channel id of a sender that does not hear itself. */
  except?: string;
  /** Of a message that comes late, when it was accepted, by this node's clock: members that came later do not hear it. */
  lateSinceMs?: number;
  /** Of a traced broadcast. */
  witness?: FanOutWitness;
}

/** What besides the message decides who hears it. */
interface Circumstances {
  /** The sender, when it does not hear itself. */
  silent: Subscriber | undefined;
  lateSinceMs: number | undefined;
}

/**
 * Hands a broadcast to every local member: encoded at most once per serializer and form, then one push per member.
 *
 * @returns how many members were handed the frame
 */
export function fanOutBroadcast(
  members: Members,
  message: Message,
  toWireFrame: ToWireFrame,
  { except, lateSinceMs, witness }: FanOutOptions = {},
): number {
  const silent = except === undefined ? undefined : members.find(except);
  if (witness !== undefined) {
    return fanOutWatched(members, message, toWireFrame, { silent, lateSinceMs, witness });
  }
  const filter = toFilter(message, { silent, lateSinceMs });
  let delivered = 0;
  for (const lane of members.lanes()) {
    if (lane.subscribers.length === 1 && lane.subscribers[0] === silent) continue;
    const data = encodeBroadcast(lane, message);
    if (data === null) continue;
    delivered += offerAll(lane.subscribers, toWireFrame(data), filter);
  }
  return delivered;
}

/** The same, member by member, with the reason for each that is left out. */
function fanOutWatched(
  members: Members,
  message: Message,
  toWireFrame: ToWireFrame,
  { silent, lateSinceMs, witness }: Circumstances & { witness: FanOutWitness },
): number {
  let delivered = 0;
  for (const lane of members.lanes()) {
    const data = encodeBroadcast(lane, message);
    const frame = data === null ? undefined : toWireFrame(data);
    for (const subscriber of lane.subscribers) {
      const against =
        frame === undefined ? "no-form" : reasonAgainst(subscriber, message, { silent, lateSinceMs });
      const isOffered = against === undefined && frame !== undefined && subscriber.outbox.offer(frame);
      if (isOffered) delivered++;
      witness(subscriber, isOffered ? undefined : (against ?? "slow-or-closed"));
    }
  }
  return delivered;
}

function reasonAgainst(
  subscriber: Subscriber,
  { room, broadcast }: Message,
  { silent, lateSinceMs }: Circumstances,
): DropReason | undefined {
  if (subscriber === silent) return "own-message";
  if (lateSinceMs !== undefined && subscriber.listensSinceMs > lateSinceMs) return "joined-later";
  if (room.private && !subscriber.mayReadBroadcast()) return "not-allowed";
  const id = idOf(broadcast);
  return id !== undefined && subscriber.suppresses(id) ? "replayed" : undefined;
}

/** Hands one event without sender or reply to every local member that may read it. */
export function fanOutFrame(
  members: Members,
  { room, event, payload }: { room: Room; event: string; payload: unknown },
  audience: Audience,
  toWireFrame: ToWireFrame,
): number {
  const topic = toFullTopic(room.topic);
  const filter = room.private ? readers(audience) : undefined;
  const frames = new Map<Lane["codec"], WireFrame>();
  let delivered = 0;
  for (const { codec, subscribers } of members.lanes()) {
    const frame =
      frames.get(codec) ?? toWireFrame(codec.encode({ joinRef: null, ref: null, topic, event, payload }));
    frames.set(codec, frame);
    delivered += offerAll(subscribers, frame, filter);
  }
  return delivered;
}

/** One message of the past for one member, exactly as it would have been sent then. False when it has no form for it. */
export function offerBroadcast(subscriber: Subscriber, message: Message, toWireFrame: ToWireFrame): boolean {
  const data = encodeBroadcast(subscriber, message);
  return data !== null && subscriber.outbox.offer(toWireFrame(data));
}

type Filter = (subscriber: Subscriber) => boolean;

function toFilter(message: Message, circumstances: Circumstances): Filter | undefined {
  const { room, broadcast } = message;
  const { silent, lateSinceMs } = circumstances;
  // Most broadcasts go to everybody in a public room: then there is nothing to ask per member.
  const isForAll = silent === undefined && lateSinceMs === undefined;
  if (!room.private && idOf(broadcast) === undefined && isForAll) return undefined;
  return (subscriber) => reasonAgainst(subscriber, message, circumstances) === undefined;
}

function readers(audience: Audience): Filter {
  return audience === "presence"
    ? (subscriber) => subscriber.mayReadPresence()
    : (subscriber) => subscriber.mayReadBroadcast();
}

function offerAll(subscribers: readonly Subscriber[], frame: WireFrame, filter: Filter | undefined): number {
  let delivered = 0;
  for (const subscriber of subscribers) {
    if (filter !== undefined && !filter(subscriber)) continue;
    if (subscriber.outbox.offer(frame)) delivered++;
  }
  return delivered;
}

function encodeBroadcast(
  { codec, wantsPosition }: Pick<Lane, "codec" | "wantsPosition">,
  { room, position, broadcast }: Message,
): WireData | null {
  const shown = wantsPosition ? withPosition(broadcast, position) : broadcast;
  try {
    return codec.encodeBroadcast(toFullTopic(room.topic), shown);
  } catch (error) {
    // Clients and REST are refused such names before; a row of the database or a long id may still have them.
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** Every message has an id for those who asked (difference D6); its position is unique enough where none was given. */
function withPosition(broadcast: Broadcast, { origin, seq }: BroadcastPosition): Broadcast {
  if (broadcast.form === "raw") return broadcast;
  const { id = `${origin}:${seq}`, ...rest } = broadcast.meta ?? {};
  return { ...broadcast, meta: { id, ...rest, origin, seq } };
}

/** The id by which a broadcast is known, when its sender gave it one. */
export function idOf(broadcast: Broadcast): string | undefined {
  return broadcast.form === "raw" ? undefined : broadcast.meta?.id;
}
