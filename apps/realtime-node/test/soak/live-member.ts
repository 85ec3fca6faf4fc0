import { RealtimeClient, type RealtimeClientOptions } from "@supabase/realtime-js";
import { WebSocket } from "ws";
import { type TidewireChannel, tidewire } from "../../../../packages/client/src/index.ts";
import { Diary, EVENT, type MemberOptions, type SoakMember } from "./member.ts";

const PUBLISH_TIMEOUT_MS = 60_000;

/** With the position that realtime-js passes on without knowing it. */
interface Said {
  payload: { p: string; n: number };
  meta?: { id: string; origin?: string; seq?: number };
}

/** An application on `@tidewire/client`: it misses nothing. */
export function createLiveMember({ name, url, apikey, record }: MemberOptions): SoakMember {
  const diary = new Diary(record, name);
  const sockets = new Set<WebSocket>();
  const realtime = new RealtimeClient(`${url.replace("http", "ws")}/realtime/v1`, {
    params: { apikey },
    transport: tracked(sockets),
  });
  const live = tidewire(realtime);
  let channel: TidewireChannel | undefined;
  let room: string | undefined;

  const leave = async () => {
    diary.left();
    room = undefined;
    if (channel !== undefined) await realtime.removeChannel(channel);
    channel = undefined;
  };
  return {
    name,
    get room() {
      return room;
    },
    async enter(next) {
      await leave();
      const entered = live.channel(next, { config: { presence: { key: name, enabled: true } } });
      channel = entered;
      room = next;
      const isCurrent = () => channel === entered;
      entered.on("broadcast", { event: EVENT }, ({ payload, meta }: Said) => {
        if (isCurrent()) diary.heard(payload, meta);
      });
      entered.onGap((gap) => isCurrent() && diary.gap(gap));
      entered.subscribe((status) => {
        if (!isCurrent()) return;
        if (status !== "SUBSCRIBED") return diary.lost();
        if (!diary.isIn) diary.entered(next, true);
        diary.back();
        diary.present(next);
        void entered.track({ at: name });
      });
    },
    publish() {
      if (channel === undefined || room === undefined) return;
      const { payload, accepted } = diary.publishing(room);
      // A refusal shows as a message that nobody answered for.
      channel.publish(EVENT, payload, { timeoutMs: PUBLISH_TIMEOUT_MS }).then(accepted, () => undefined);
    },
    breakLine() {
      for (const socket of sockets) socket.terminate();
    },
    isJoined: () => channel?.state === "joined",
    presentKeys() {
      return channel?.state === "joined" ? Object.keys(channel.presenceState()) : undefined;
    },
    async close() {
      live.close();
      diary.left();
      channel?.teardown();
      await realtime.disconnect();
    },
  };
}

/** Node's `ws`, with a hand on every socket it opens. */
export function tracked(sockets: Set<WebSocket>): RealtimeClientOptions["transport"] {
  class Tracked extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      sockets.add(this);
      this.on("close", () => sockets.delete(this));
    }
  }
  return Tracked as unknown as RealtimeClientOptions["transport"];
}
