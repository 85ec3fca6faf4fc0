import type { Broadcast, BroadcastMeta } from "../supabase/broadcast.ts";
import { isObjectJson, withMember } from "./json-range.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

type Verbatim = Extract<Broadcast, { form: "verbatim" }>;
type User = Extract<Broadcast, { form: "user" }>;

/** The whole payload as it was written; `meta` is added at its end, when it is an object and there is any. */
export function verbatimPayload({ payloadJson, meta }: Verbatim): string {
  if (isAbsent(meta) || !isObjectJson(payloadJson)) return payloadJson;
  return withMember(payloadJson, "meta", JSON.stringify(meta));
}

/** Text form of a user broadcast with a JSON payload, which is not parsed: whoever accepted it has checked it. */
export function userPayload({ event, payload, meta }: User): string {
  const metaMember = isAbsent(meta) ? "" : `,"meta":${JSON.stringify(meta)}`;
  return `{"event":${JSON.stringify(event)},"payload":${decoder.decode(payload)},"type":"broadcast"${metaMember}}`;
}

/** Clients test for the member `meta`, so an empty one must not be sent (protocol 11.23). */
export function isAbsent(meta: BroadcastMeta | undefined): meta is undefined {
  if (meta === undefined) return true;
  for (const field in meta) if (meta[field as keyof BroadcastMeta] !== undefined) return false;
  return true;
}
