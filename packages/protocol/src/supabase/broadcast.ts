/** Position of a broadcast; sent to channels that asked for `config.broadcast.sequence` (difference D6). */
export interface BroadcastPosition {
  /** Boot identity of the node that accepted the message. */
  origin: string;
  /** Counts from 1 per (origin, topic). */
  seq: number;
}

/** Fields a broadcast may carry beside its payload. Absence is real absence (protocol 11.23). */
export interface BroadcastMeta extends Partial<BroadcastPosition> {
  id?: string;
  replayed?: true;
}

/**
 * A broadcast between acceptance and encoding; its form decides what each serializer is sent (protocol 1.9).
 * - `verbatim`: a text push or a REST batch message: the whole payload is relayed as JSON text to both serializers.
 * - `user`: a kind 3 push, the REST single route, or a row of `realtime.messages`: text for 1.0.0, kind 4 for 2.0.0.
 * - `raw`: a kind 0 push: kind 2 for 2.0.0, nothing for 1.0.0.
 */
export type Broadcast =
  | { form: "verbatim"; payloadJson: string; meta?: BroadcastMeta }
  | { form: "user"; event: string; encoding: "json" | "binary"; payload: Uint8Array; meta?: BroadcastMeta }
  | { form: "raw"; event: string; payload: Uint8Array };
