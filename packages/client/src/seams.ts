import type { RealtimeChannel, RealtimeClient } from "@supabase/realtime-js";

/** The Phoenix channel and socket under realtime-js: what it shows of them by its own getters. */
export type PhoenixChannel = RealtimeChannel["joinPush"]["channel"];
export type PhoenixSocket = PhoenixChannel["socket"];

/** This realtime-js is too old (or too new) to be looked into. */
export class UnsupportedRealtimeJs extends Error {
  override readonly name = "UnsupportedRealtimeJs";

  constructor() {
    super(
      "@tidewire/client needs a @supabase/realtime-js that is built on @supabase/phoenix (2.109 or later)",
    );
  }
}

/** @throws UnsupportedRealtimeJs */
export function phoenixOf(channel: RealtimeChannel): PhoenixChannel {
  const phoenix: PhoenixChannel | undefined = channel.joinPush?.channel;
  if (typeof phoenix?.trigger !== "function" || typeof phoenix.socket?.ping !== "function") {
    throw new UnsupportedRealtimeJs();
  }
  return phoenix;
}

const NORMAL_CLOSURE = 1_000;

type Payload = Record<string, unknown>;

/**
 * Puts `complete` between whatever realtime-js makes of the join payload and the wire: it is asked at every join, so that
 * the positions are those of that moment.
 */
export function completeJoinPayload(phoenix: PhoenixChannel, complete: (payload: Payload) => Payload): void {
  let inner = phoenix.joinPush.payload;
  Object.defineProperty(phoenix.joinPush, "payload", {
    configurable: true,
    get: () => () => complete(inner.call(phoenix.joinPush)),
    set(payload: typeof inner) {
      inner = payload;
    },
  });
}

/** Joins now instead of when the backoff says so. Does nothing for a channel that is joined, joining or left. */
export function rejoinNow(phoenix: PhoenixChannel): void {
  if (phoenix.state !== "errored") return;
  phoenix.rejoinTimer.reset();
  phoenix.rejoinTimer.callback();
}

/** Connects now instead of when the backoff says so. Does nothing while a connection stands or is being made. */
export function reconnectNow(realtime: RealtimeClient): void {
  if (realtime.isConnected() || realtime.isConnecting()) return;
  realtime.reconnectTimer.reset();
  realtime.reconnectTimer.callback();
}

/** Lets `trigger` see every event of the channel first. It passes on what the application shall see. */
export function interceptEvents(
  phoenix: PhoenixChannel,
  intercept: (event: string, payload: unknown, pass: (event: string, payload: unknown) => void) => void,
): void {
  const trigger = phoenix.trigger.bind(phoenix);
  phoenix.trigger = (event, payload, ref, joinRef) => {
    intercept(event, payload, (passed, changed) => trigger(passed, changed, ref, joinRef));
  };
}

/** Lets the serializer of 2.0.0 carry the name of a message; the one of 1.0.0 carries everything. */
export function allowMessageIds(realtime: RealtimeClient): void {
  const keys = realtime.serializer.allowedMetadataKeys;
  if (!keys.includes("id")) realtime.serializer.allowedMetadataKeys = [...keys, "id"];
}

/**
 * Gives a connection up that does not answer, without waiting for its close handshake: the other side may be gone for
 * long. The socket then behaves as after any loss: channels are told, and it connects again.
 */
export function abandonConnection(socket: PhoenixSocket, connection: PhoenixSocket["conn"]): void {
  if (connection === undefined || connection === null || socket.conn !== connection) return;
  const nothing = () => {};
  connection.onopen = nothing;
  connection.onmessage = nothing;
  connection.onerror = nothing;
  connection.onclose = nothing;
  connection.close(NORMAL_CLOSURE, "", true);
  socket.onConnClose(new Event("close") as Parameters<PhoenixSocket["onConnClose"]>[0]);
  socket.conn = null;
}

/** Tells what becomes of each heartbeat, beside whoever listens already. */
export function observeHeartbeats(
  socket: PhoenixSocket,
  observe: (status: string, latencyMs?: number) => void,
): void {
  const before = socket.heartbeatCallback;
  socket.heartbeatCallback = (status, latencyMs) => {
    before(status, latencyMs);
    observe(status, latencyMs);
  };
}
