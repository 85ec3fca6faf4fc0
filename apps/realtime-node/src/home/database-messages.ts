import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { ReplayedMessage, ReplayRequest } from "@tidewire/protocol/cluster/home";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import type { z } from "zod";
import type { Relation, RowChange } from "../wal/row-change.ts";
import { quoteLiteral, type Session } from "../wal/session.ts";

/** Streams the inserts of `realtime.messages` (protocol 4.6). */
export const MESSAGES_PUBLICATION = "supabase_realtime_messages_publication";

const SCHEMA = "realtime";
/** The parent, or a partition of it where the publication does not speak for the parent. */
const TABLE = /^messages(_\d{4}_\d{2}_\d{2})?$/;
const REPLAY_ROWS_MAX = 25;
const REPLAY_ROWS_DEFAULT = 25;

export function isMessageTable({ schema, table }: Relation): boolean {
  return schema === SCHEMA && TABLE.test(table);
}

/**
 * A row of `realtime.messages` as the broadcast it asks for (protocol 4.6). `extension` is not looked at (12.27).
 * Null for rows that lack what a broadcast needs: an event, a topic, exactly one payload.
 */
export function toBroadcast(ref: string, change: RowChange): { room: Room; broadcast: Broadcast } | null {
  if (change.type !== "INSERT") return null;
  const row = new Map(change.relation.columns.map(({ name }, index) => [name, change.newTuple?.[index]]));
  const [topic, event, id, isPrivate] = ["topic", "event", "id", "private"].map((name) => row.get(name));
  if (!topic || typeof event !== "string" || !id || !isPrivate || !row.get("inserted_at")) return null;
  const payload = toPayload(row.get("payload"), row.get("binary_payload"));
  if (payload === null) return null;
  return {
    room: { ref, topic, private: isPrivate === "t" },
    broadcast: { form: "user", event, ...payload, meta: { id } },
  };
}

/** `inserted_at` of a row that is a broadcast: UTC without saying so. A transaction may have set any other time. */
export function insertedMs({ relation, newTuple, commitMs }: RowChange): number {
  const text = newTuple?.[relation.columns.findIndex(({ name }) => name === "inserted_at")];
  const ms = Date.parse(`${text?.replace(" ", "T")}Z`);
  return Number.isNaN(ms) ? commitMs : ms;
}

type Payload = Pick<Extract<Broadcast, { form: "user" }>, "encoding" | "payload">;

function toPayload(json: string | null | undefined, hex: string | null | undefined): Payload | null {
  if (typeof json === "string") return { encoding: "json", payload: Buffer.from(json) };
  if (typeof hex === "string") return { encoding: "binary", payload: Buffer.from(hex.slice(2), "hex") };
  return null;
}

/** The latest messages of a private topic since a time, oldest first (protocol 4.5). */
export async function replay(
  session: Session,
  { topic, since, limit }: z.infer<typeof ReplayRequest>,
): Promise<z.infer<typeof ReplayedMessage>[]> {
  const rows = await session.rows(`
    select id, event, payload, encode(binary_payload, 'base64') as binary_payload
    from realtime.messages
    where topic = ${quoteLiteral(topic)} and private and extension = 'broadcast'
      and inserted_at >= ${timestampOf(since)}
      and inserted_at < (now() at time zone 'utc') + interval '1 minute'
    order by inserted_at desc
    limit ${Math.min(REPLAY_ROWS_MAX, Math.max(1, limit ?? REPLAY_ROWS_DEFAULT))}`);
  return rows
    .filter((row) => typeof row.event === "string" && (row.payload !== null || row.binary_payload !== null))
    .reverse()
    .map((row) => ({
      id: row.id ?? "",
      event: row.event ?? "",
      payload: row.payload ?? row.binary_payload?.replaceAll("\n", "") ?? "",
      encoding: row.payload === null ? ("binary" as const) : ("json" as const),
    }));
}

/** Postgres reads times from 4713 BC on; a client may name any number. */
function timestampOf(epochMs: number): string {
  const clamped = Math.min(Math.max(epochMs, -2e14), 2e14);
  return `(to_timestamp(${clamped / 1_000}) at time zone 'utc')`;
}

/**
 * Partitions of `realtime.messages` from yesterday to three days ahead, and none older than 72 hours (protocol 4.6).
 * The rule itself is in the database (`packages/db/tenant`).
 */
export async function keepPartitions(session: Session): Promise<void> {
  await session.rows("select realtime.ensure_partitions()");
}
