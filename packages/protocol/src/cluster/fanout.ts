import type { Broadcast, BroadcastPosition } from "../supabase/broadcast.ts";

/** A public and a private channel of one name are two rooms that never hear each other (protocol 3.1). */
export interface Room {
  ref: string;
  /** The topic without `realtime:`. */
  topic: string;
  private: boolean;
}

/** One string per room, usable as a map key: `<ref>/pub/<topic>` or `<ref>/prv/<topic>`. */
export function toRoomKey(room: Room): string {
  return `${room.ref}/${room.private ? "prv" : "pub"}/${room.topic}`;
}

/** A broadcast as nodes exchange it. `except` names the sending channel; only its own node knows the id. */
export interface FanOutEnvelope {
  room: Room;
  position: BroadcastPosition;
  acceptedAtMs: number;
  broadcast: Broadcast;
  /** Channel id of the sender, kept so that taps and traces can name it. */
  sender?: string;
}
