import { createClient, type RealtimeChannel } from "@supabase/supabase-js";
import type { WebSocket } from "ws";
import { tracked } from "./live-member.ts";
import { Diary, EVENT, type MemberOptions, type SoakMember } from "./member.ts";

/** An application on unmodified supabase-js: what is sent while it is away it never hears, so each connection is a stay. */
export function createPlainMember({ name, url, apikey, record }: MemberOptions): SoakMember {
  const diary = new Diary(record, name);
  const sockets = new Set<WebSocket>();
  const client = createClient(url, apikey, {
    realtime: { transport: tracked(sockets) },
    auth: { persistSession: false, autoRefreshToken: false },
  });
  let channel: RealtimeChannel | undefined;
  let room: string | undefined;

  const leave = async () => {
    diary.left();
    room = undefined;
    if (channel !== undefined) await client.removeChannel(channel);
    channel = undefined;
  };
  return {
    name,
    get room() {
      return room;
    },
    async enter(next) {
      await leave();
      const config = { broadcast: { ack: true }, presence: { key: name, enabled: true } };
      const entered = client.channel(next, { config });
      channel = entered;
      room = next;
      const isCurrent = () => channel === entered;
      entered.on("broadcast", { event: EVENT }, ({ payload }) => {
        if (isCurrent()) diary.heard(payload);
      });
      entered.on("system", {}, (payload: { origin?: string; from_seq?: number; to_seq?: number }) => {
        const { origin, from_seq: fromSeq, to_seq: toSeq } = payload;
        if (isCurrent() && origin !== undefined) diary.gap({ origin, fromSeq, toSeq });
      });
      entered.subscribe((status) => {
        if (!isCurrent()) return;
        diary.left();
        if (status !== "SUBSCRIBED") return;
        diary.entered(next, false);
        diary.present(next);
        void entered.track({ at: name });
      });
    },
    publish() {
      // Not joined, supabase-js would send by REST, beside the order of the socket.
      if (channel?.state !== "joined" || room === undefined || !client.realtime.isConnected()) return;
      const { payload, accepted } = diary.publishing(room);
      void channel.send({ type: "broadcast", event: EVENT, payload }).then((answer) => {
        if (answer === "ok") accepted({});
      });
    },
    breakLine() {
      for (const socket of sockets) socket.terminate();
    },
    isJoined: () => channel?.state === "joined",
    presentKeys() {
      return channel?.state === "joined" ? Object.keys(channel.presenceState()) : undefined;
    },
    async close() {
      diary.left();
      channel?.teardown();
      await client.realtime.disconnect();
    },
  };
}
