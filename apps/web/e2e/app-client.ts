import {
  createClient,
  type RealtimeChannel,
  type RealtimeChannelOptions,
  type RealtimeClientOptions,
  type SupabaseClient,
} from "@supabase/supabase-js";
import { WebSocket } from "ws";

const SUBSCRIBE_TIMEOUT_MS = 20_000;

/** An unmodified supabase-js, as an app's developer would make it with what the dashboard shows. */
export interface AppClient extends AsyncDisposable {
  readonly client: SupabaseClient;
  /** Lets `listen` set its listeners up, and resolves when the channel is joined. */
  join(
    topic: string,
    listen?: (channel: RealtimeChannel) => void,
    options?: RealtimeChannelOptions,
  ): Promise<RealtimeChannel>;
}

/** The caller must dispose it. Node 20 has no WebSocket of its own, so `ws` is given to it. */
export function openApp(project: { url: string; publishableKey: string }): AppClient {
  const transport = WebSocket as unknown as RealtimeClientOptions["transport"];
  const client = createClient(project.url, project.publishableKey, {
    realtime: { transport },
    auth: { persistSession: false, autoRefreshToken: false },
  });
  return {
    client,
    join(topic, listen = () => undefined, options) {
      const channel = client.channel(topic, options);
      listen(channel);
      return new Promise((resolve, reject) => {
        channel.subscribe((status, error) => {
          if (status === "SUBSCRIBED") resolve(channel);
          else reject(new Error(`${topic}: ${status}`, { cause: error }));
        }, SUBSCRIBE_TIMEOUT_MS);
      });
    },
    async [Symbol.asyncDispose]() {
      await client.removeAllChannels();
      await client.realtime.disconnect();
    },
  };
}
