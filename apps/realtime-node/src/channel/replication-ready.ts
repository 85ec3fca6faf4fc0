import { Refusal } from "@tidewire/protocol/errors";
import { REPLICATION_READY_TIMEOUT_MS } from "@tidewire/protocol/phoenix/limits";
import { replicationReady } from "@tidewire/protocol/supabase/system";
import type { Channel } from "./channel.ts";

const ASK_AGAIN_MS = 500;
const STATUS_DEADLINE_MS = 5_000;

/**
 * For a channel that joined with `replication_ready`: says when messages written to the database are on their way, and
 * ends the channel when that takes more than a minute (protocol 3.12). Resolves when either has happened, or the channel
 * has ended meanwhile.
 */
export async function announceReplication(channel: Channel): Promise<void> {
  const { room, services, peer } = channel;
  const untilMs = services.pulse.nowMs() + REPLICATION_READY_TIMEOUT_MS;
  while (channel.isOpen && services.pulse.nowMs() < untilMs) {
    if (await isStreaming(channel)) return channel.system(replicationReady(room.topic));
    await services.pulse.delay(ASK_AGAIN_MS, peer.signal);
  }
  channel.shut(new Refusal("ReplicationNotEstablished"));
}

async function isStreaming({ services, ref }: Channel): Promise<boolean> {
  try {
    return (await services.home.status(ref, { deadlineMs: STATUS_DEADLINE_MS })).state === "streaming";
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
