import { type Channel, LongPoll, Presence, Socket } from "phoenix";
import { WebSocket } from "ws";
import type { Change, Client, Heard, JoinOptions, Member } from "./client.ts";

/** The package itself speaks 2.0.0 only; its documented options bring another serializer. */
export const SERIALIZERS = {
  "1.0.0": {
    vsn: "1.0.0",
    encode: (message: object, done: (text: string) => void) => done(JSON.stringify(message)),
    decode: (text: string, done: (message: object) => void) => done(JSON.parse(text)),
  },
  "2.0.0": {},
};

/** As behind a proxy that lets no upgrade through. */
class BlockedWebSocket extends WebSocket {
  constructor(address: string) {
    super(address.replace("/websocket", "/blocked"));
  }
}

/** It takes a serializer of the app's own only along with a WebSocket; 1.0.0 gets to polling by falling back. */
export const TRANSPORTS = {
  websocket: { transport: WebSocket },
  longpoll: { transport: LongPoll },
  fallback: { transport: BlockedWebSocket, longPollFallbackMs: 5_000 },
};

/** The stock client of Phoenix, which knows nothing of Supabase: the app speaks the messages of the protocol itself. */
export async function connectStockPhoenix(
  { vsn, transport = "websocket" }: { vsn: keyof typeof SERIALIZERS; transport?: keyof typeof TRANSPORTS },
  url: string,
  key: string,
  userToken?: string,
): Promise<Client> {
  const socket = new Socket(`${url.replace("http", "ws")}/socket`, {
    params: { apikey: key },
    ...TRANSPORTS[transport],
    ...SERIALIZERS[vsn],
  });
  socket.connect();
  let token = userToken;
  const channels = new Set<Channel>();
  return {
    async join(topic, options) {
      const { channel, member } = openChannel(socket, topic, token, options);
      await settled(channel.join());
      channels.add(channel);
      return member;
    },
    async refresh(next) {
      token = next;
      for (const channel of channels) channel.push("access_token", { access_token: next });
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.disconnect(() => resolve())),
  };
}

function openChannel(socket: Socket, topic: string, token: string | undefined, options: JoinOptions = {}) {
  const { presenceKey = "", table, replay } = options;
  const heard: Heard[] = [];
  const changes: Change[] = [];
  const systems: string[] = [];
  let hasEnded = false;
  const channel = socket.channel(`realtime:${topic}`, {
    config: {
      private: options.private === true,
      broadcast: { ack: true, ...(replay === undefined ? {} : { replay }) },
      presence: { key: presenceKey, enabled: presenceKey !== "" },
      postgres_changes: table === undefined ? [] : [{ event: "*", schema: "public", table }],
    },
    ...(token === undefined ? {} : { access_token: token }),
  });
  channel.on("broadcast", (message) => {
    heard.push(message instanceof ArrayBuffer ? { event: "", payload: message } : (message as Heard));
  });
  channel.on("postgres_changes", (message) => {
    const { data } = message as { data: Change };
    changes.push({ type: data.type, record: data.record });
  });
  channel.on("system", (message) => systems.push((message as { message: string }).message));
  channel.onClose(() => {
    hasEnded = true;
  });
  const presence = new Presence(channel);
  const member: Member = {
    heard,
    changes,
    systems,
    present: () =>
      Object.fromEntries(
        presence.list((key, { metas }) => [key, (metas as { mood: string }[]).map(({ mood }) => ({ mood }))]),
      ),
    async send(event, payload) {
      await settled(channel.push("broadcast", { type: "broadcast", event, payload }));
      return "ok";
    },
    async sendBytes(_event, bytes) {
      await settled(channel.push("broadcast", new Uint8Array(bytes).buffer));
      return "ok";
    },
    track: (payload) => settled(channel.push("presence", { type: "presence", event: "track", payload })),
    ended: () => hasEnded,
    leave: () => settled(channel.leave()),
  };
  return { channel, member };
}

function settled(push: ReturnType<Channel["push"]>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    push
      .receive("ok", resolve)
      .receive("error", (response) => reject(new Error(JSON.stringify(response))))
      .receive("timeout", () => reject(new Error("timeout")));
  });
}
