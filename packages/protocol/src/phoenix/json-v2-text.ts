import type { Broadcast } from "../supabase/broadcast.ts";
import { userPayload } from "./broadcast-text.ts";
import type { Codec } from "./codec.ts";
import type { WireData } from "./frame.ts";
import { jsonV2 } from "./json-v2.ts";

/**
 * Serializer 2.0.0 where only text gets through, as over long polling, whose clients know neither kind 4 nor bytes: user
 * broadcasts are written as text, like 1.0.0 does, and bytes have no form. Clients may still push bytes.
 */
export const jsonV2Text: Codec = { ...jsonV2, encodeBroadcast };

function encodeBroadcast(topic: string, broadcast: Broadcast): WireData | null {
  switch (broadcast.form) {
    case "verbatim":
      return jsonV2.encodeBroadcast(topic, broadcast);
    case "user":
      if (broadcast.encoding === "binary") return null;
      return `[null,null,${JSON.stringify(topic)},"broadcast",${userPayload(broadcast)}]`;
    case "raw":
      return null;
  }
}
