import type { ServerFrame } from "../phoenix/frame.ts";

/** The `data` of a row change as a client reads it (protocol 6.4, difference D13). Values are those of `to_jsonb`. */
export interface ChangeData {
  schema: string;
  table: string;
  type: "INSERT" | "UPDATE" | "DELETE";
  /** ISO 8601; null in the frames that carry an error 400 or 401. */
  commit_timestamp: string | null;
  /** Those the role may read, in table order; `type` is Postgres' `typname`. */
  columns: { name: string; type: string }[];
  /** Absent for DELETE. */
  record?: Record<string, unknown>;
  /** Absent for INSERT; by default only the primary key. */
  old_record?: Record<string, unknown>;
  errors: string[] | null;
  /** LSN of the commit, such as `0/16B3748`. */
  lsn?: string;
}

/**
 * One frame per channel and row.
 * @param ids every binding of the channel that matches
 * @param dataJson the finished {@link ChangeData}; spliced in, so that numbers keep their digits
 */
export function changeFrame(fullTopic: string, ids: readonly number[], dataJson: string): ServerFrame {
  const payloadJson = `{"ids":[${ids.join(",")}],"data":${dataJson}}`;
  return { joinRef: null, ref: null, topic: fullTopic, event: "postgres_changes", payloadJson };
}

/** For channels that joined without `config`: the type is the event, and there are no ids (protocol 3.2). */
export function legacyChangeFrame(
  fullTopic: string,
  type: ChangeData["type"],
  dataJson: string,
): ServerFrame {
  return { joinRef: null, ref: null, topic: fullTopic, event: type, payloadJson: dataJson };
}
