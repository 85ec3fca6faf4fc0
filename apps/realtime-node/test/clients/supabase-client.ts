import type { createClient, RealtimeChannel } from "@supabase/supabase-js";
import type { Change, Client, Heard, JoinOptions, Member } from "./client.ts";

export type CreateClient = typeof createClient;

const ENDED = new Set(["CLOSED", "CHANNEL_ERROR", "TIMED_OUT"]);

export interface SupabaseOptions {
  create: CreateClient;
  /** What the release wants to be given where there is no global WebSocket. */
  realtime: object;
  canSendBytes: boolean;
}

/** An unmodified supabase-js. */
export async function connectSupabase(
  { create, realtime, canSendBytes }: SupabaseOptions,
  url: string,
  key: string,
  userToken?: string,
): Promise<Client> {
  const client = create(url, key, {
    realtime,
    auth: { persistSession: false, autoRefreshToken: false },
  });
  if (userToken !== undefined) await client.realtime.setAuth(userToken);
  return {
    join: (topic, options) =>
      joinChannel((config) => client.channel(topic, { config }), canSendBytes, options),
    refresh: (token) => client.realtime.setAuth(token),
    async [Symbol.asyncDispose]() {
      await client.removeAllChannels();
      await client.realtime.disconnect();
    },
  };
}

async function joinChannel(
  open: (config: object) => RealtimeChannel,
  canSendBytes: boolean,
  options: JoinOptions = {},
): Promise<Member> {
  const heard: Heard[] = [];
  const changes: Change[] = [];
  const systems: string[] = [];
  const { replay, presenceKey = "", table } = options;
  const channel = open({
    private: options.private === true,
    broadcast: { ack: true, ...(replay === undefined ? {} : { replay }) },
    presence: { key: presenceKey },
  });
  channel.on("broadcast", { event: "*" }, ({ event, payload, meta }) => heard.push({ event, payload, meta }));
  if (presenceKey !== "") channel.on("presence", { event: "sync" }, () => undefined);
  channel.on("system", {}, ({ message }) => systems.push(message));
  if (table !== undefined) {
    channel.on("postgres_changes", { event: "*", schema: "public", table }, (change) => {
      changes.push({ type: change.eventType, record: change.new });
    });
  }
  let status = "";
  await new Promise<void>((resolve, reject) => {
    channel.subscribe((next, error) => {
      status = next;
      if (next === "SUBSCRIBED") resolve();
      else reject(error ?? new Error(next));
    });
  });
  const send = async (event: string, payload: object): Promise<string> =>
    channel.send({ type: "broadcast", event, payload });
  return {
    heard,
    changes,
    systems,
    present: () =>
      Object.fromEntries(
        Object.entries(channel.presenceState<{ mood: string }>()).map(([name, metas]) => [
          name,
          metas.map(({ mood }) => ({ mood })),
        ]),
      ),
    send,
    ...(canSendBytes ? { sendBytes: (event, bytes) => send(event, new Uint8Array(bytes).buffer) } : {}),
    track: (payload) => channel.track(payload),
    ended: () => ENDED.has(status),
    leave: () => channel.unsubscribe(),
  };
}
