import type { Refusal } from "../errors.ts";

/**
 * Payloads of `system` events (protocol 3.12 and differences D4, D5, D6, D11, D12). `channel` is the topic without
 * `realtime:`. Whether a `phx_close` follows is the sender's affair.
 */
export interface SystemPayload {
  extension: "broadcast" | "postgres_changes" | "presence" | "system";
  status: "ok" | "error";
  message: string;
  channel?: string;
  [detail: string]: unknown;
}

type Extension = SystemPayload["extension"];

function ok(extension: Extension, topic: string, message: string, details: object = {}): SystemPayload {
  return { extension, status: "ok", message, channel: topic, ...details };
}

function failed(extension: Extension, topic: string, message: string, details: object = {}): SystemPayload {
  return { extension, status: "error", message, channel: topic, ...details };
}

/** Every commit after `lsn` is delivered (difference D11, promise P8). */
export function subscribed(topic: string, lsn?: string): SystemPayload {
  return ok("postgres_changes", topic, "Subscribed to PostgreSQL", lsn === undefined ? {} : { lsn });
}

/** The join's postgres_changes entries were refused; the channel lives. */
export function bindingsRefused(topic: string, message: string): SystemPayload {
  return failed("postgres_changes", topic, message);
}

/** Difference D12. `lsn` is the last position delivered. */
export function databaseLost(
  topic: string,
  loss: { reason: string; sinceMs: number; lsn: string },
): SystemPayload {
  return failed("postgres_changes", topic, `DatabaseUnavailable: ${loss.reason}`, {
    since: new Date(loss.sinceMs).toISOString(),
    lsn: loss.lsn,
  });
}

/** Difference D12. When not `complete`, rows between the two positions were lost for good. */
export function databaseRecovered(
  topic: string,
  span: { fromLsn: string; toLsn: string; complete: boolean },
): SystemPayload {
  const details = { from_lsn: span.fromLsn, to_lsn: span.toLsn, complete: span.complete };
  if (span.complete) return ok("postgres_changes", topic, "Recovered", details);
  const message = `ReplicationGap: changes between ${span.fromLsn} and ${span.toLsn} were lost`;
  return failed("postgres_changes", topic, message, details);
}

/** Difference D5: rows are delayed, not dropped; should any be skipped, the client is told how many. */
export function rowsSkipped(topic: string, skipped: number): SystemPayload {
  return failed("postgres_changes", topic, `RowsSkipped: ${skipped} rows were skipped`, { skipped });
}

/** Differences D4 and D5: a send without `ack` was refused; the channel lives. */
export function broadcastRefused(topic: string, refusal: Refusal): SystemPayload {
  return failed("broadcast", topic, refusal.reason());
}

/** Difference D6: the end of a resume. `missing` says what the history no longer holds. */
export function resumed(topic: string, outcome: { replayed: number; missing?: string }): SystemPayload {
  const details = { recovered: outcome.missing === undefined, replayed: outcome.replayed };
  if (outcome.missing === undefined) return ok("broadcast", topic, "Recovered", details);
  return failed("broadcast", topic, `RecoveryIncomplete: ${outcome.missing}`, details);
}

/** Messages of other nodes that could not be fetched any more; those after them follow. */
export function broadcastsLost(
  topic: string,
  gap: { origin: string; fromSeq: number; toSeq: number },
): SystemPayload {
  const { origin, fromSeq, toSeq } = gap;
  const message = `BroadcastGap: messages ${fromSeq} to ${toSeq} of ${origin} were lost between nodes`;
  return failed("broadcast", topic, message, { origin, from_seq: fromSeq, to_seq: toSeq });
}

/** Sent to channels that joined with `replication_ready`. */
export function replicationReady(topic: string): SystemPayload {
  return ok("system", topic, "Replication connection established");
}

/** Precedes `phx_close` (effect `leave`): the table's sentence, without a code where Supabase has none. */
export function closing(topic: string, refusal: Refusal): SystemPayload {
  return failed("system", topic, refusal.reason());
}

/** Precedes a socket's close with 1012. It alone has no `channel`, and says `ok` (protocol 1.6). */
export function serverRequestedDisconnect(): SystemPayload {
  return { extension: "system", status: "ok", message: "Server requested disconnect" };
}
