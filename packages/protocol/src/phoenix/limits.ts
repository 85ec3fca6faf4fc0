/** Bounds of sockets and frames (protocol 1 and 2). */

/** Inbound frames up to this size are accepted; one byte more closes the socket with 1009 (protocol 12.6). */
export const MAX_FRAME_BYTES = 5_000_000;
/** Sizes in binary headers are one byte. */
export const HEADER_FIELD_BYTES_MAX = 255;
/** A client that sends no message, not even a heartbeat, is closed with 1000. */
export const IDLE_TIMEOUT_MS = 60_000;
/** No byte at all, not even a pong, for this long: the client is gone (difference D3). */
export const SILENCE_TIMEOUT_MS = 9_000;
/** A connection that joined before and has had no channel for this long is closed (protocol 12.18). */
export const NO_CHANNEL_TIMEOUT_MS = 600_000;
/** Tokens of live channels are looked at again this often, or at their `exp` (protocol 3.11). */
export const TOKEN_RECHECK_MS = 300_000;
/** A channel that asked for `replication_ready` waits this long (protocol 3.12). */
export const REPLICATION_READY_TIMEOUT_MS = 60_000;
/** Body of a REST request (protocol 4.3). */
export const REST_BODY_BYTES_MAX = 8_000_000;
/** Rows that one join may have replayed (protocol 4.5). */
export const REPLAY_ROWS_MAX = 25;

/** Absorbs the envelope around a payload, so that the limit means the user's own bytes (protocol 8). */
const PAYLOAD_PADDING_BYTES = 500;

/** Largest broadcast or tracked payload of a project. */
export function payloadBytesMax(maxPayloadSizeInKb: number): number {
  return maxPayloadSizeInKb * 1000 + PAYLOAD_PADDING_BYTES;
}
