import {
  createClient,
  type RealtimeChannel,
  type RealtimeChannelOptions,
  type RealtimeClientOptions,
  type SupabaseClient,
} from "@supabase/supabase-js";
import { WebSocket } from "ws";

const SUBSCRIBE_TIMEOUT_MS = 10_000;

/** An unmodified supabase-js, as an app developer would make it; only the WebSocket is Node's `ws`. */
export interface TestSupabase extends AsyncDisposable {
  readonly client: SupabaseClient;
  /** Sets listeners up, subscribes and resolves when the channel is joined. Rejects with the reason it was given. */
  subscribe(
    topic: string,
    options?: RealtimeChannelOptions,
    prepare?: (channel: RealtimeChannel) => RealtimeChannel,
  ): Promise<RealtimeChannel>;
}

/** @param userToken what a signed-in user's client would carry; the key alone is anonymous */
export async function createTestSupabase(
  url: string,
  key: string,
  userToken?: string,
): Promise<TestSupabase> {
  const transport = WebSocket as unknown as RealtimeClientOptions["transport"];
  const client = createClient(url, key, {
    realtime: { transport },
    auth: { persistSession: false, autoRefreshToken: false },
    ...(userToken === undefined ? {} : { accessToken: async () => userToken }),
  });
  if (userToken !== undefined) await client.realtime.setAuth(userToken);
  return {
    client,
    subscribe(topic, options, prepare = (channel) => channel) {
      const channel = prepare(client.channel(topic, options));
      return new Promise((resolve, reject) => {
        channel.subscribe((status, error) => {
          if (status === "SUBSCRIBED") resolve(channel);
          else reject(error ?? new Error(`channel ${topic}: ${status}`));
        }, SUBSCRIBE_TIMEOUT_MS);
      });
    },
    async [Symbol.asyncDispose]() {
      await client.removeAllChannels();
      await client.realtime.disconnect();
    },
  };
}
