import type { ProjectRecord } from "@tidewire/db/node-store";
import type { ProjectLimits } from "@tidewire/protocol/project";

const BYTES_PER_KB = 1_000;
/** Supabase measures an Erlang term and forgives its overhead; we measure bytes and forgive the same (protocol 8). */
const PAYLOAD_PADDING_BYTES = 500;

/** The largest payload a client may send, in serialized bytes. */
export function payloadBytesMax(limits: ProjectLimits): number {
  return limits.maxPayloadSizeInKb * BYTES_PER_KB + PAYLOAD_PADDING_BYTES;
}

/**
 * Whether sockets opened under `previous` must be closed: they were let in by rules that no longer hold. Limits are not
 * among them, nor is a revoked key, whose tokens stay valid until they end (protocol 1.6).
 */
export function mustReconnect(previous: ProjectRecord, next: ProjectRecord): boolean {
  return (
    previous.jwtSecret !== next.jwtSecret ||
    JSON.stringify(previous.jwks) !== JSON.stringify(next.jwks) ||
    previous.settings.privateOnly !== next.settings.privateOnly ||
    previous.settings.suspended !== next.settings.suspended
  );
}
