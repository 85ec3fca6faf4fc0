import type { ReplayedMessage } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import type { Broadcast, BroadcastMeta } from "@tidewire/protocol/supabase/broadcast";
import type { ReplayWish } from "@tidewire/protocol/supabase/join";
import { toWireFrame } from "../socket/wire-frame.ts";
import type { Channel } from "./channel.ts";
import { ReplayGate } from "./replay-gate.ts";

/** The query itself is given 5 s (protocol 4.5); the rest is for finding the home. */
const DEADLINE_MS = 8_000;

/**
 * Puts the channel into its room and looks up what was sent before (protocol 4.5), oldest first, without what passed
 * live meanwhile.
 * @throws Refusal UnableToReplayMessages, or what stood in the way of the database
 */
export async function lookUpReplay(channel: Channel, wish: ReplayWish): Promise<ReplayedMessage[]> {
  const { room, services } = channel;
  const gate = new ReplayGate();
  channel.hearThrough(gate);
  const request = { topic: room.topic, since: wish.sinceMs, limit: wish.limit };
  const messages = await services.home.replay(room.ref, request, { deadlineMs: DEADLINE_MS });
  if (gate.overflowed) throw new Refusal("UnableToReplayMessages");
  return messages.filter(({ id }) => !gate.isLive(id));
}

/** A replayed JSON message is a text frame of the channel itself, a binary one of kind 4 (protocol 1.9). */
export function sendReplayed(channel: Channel, { id, event, payload, encoding }: ReplayedMessage): void {
  const meta: BroadcastMeta = { id, replayed: true };
  if (encoding === "json") {
    const payloadJson = `{"type":"broadcast","event":${JSON.stringify(event)},"payload":${payload},"meta":${JSON.stringify(meta)}}`;
    channel.pushJson("broadcast", payloadJson);
    return;
  }
  const broadcast: Broadcast = {
    form: "user",
    event,
    encoding,
    payload: Buffer.from(payload, "base64"),
    meta,
  };
  const data = channel.codec.encodeBroadcast(channel.fullTopic, broadcast);
  if (data !== null) channel.peer.outbox.offer(toWireFrame(data));
}
