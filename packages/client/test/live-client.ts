import { RealtimeClient, type RealtimeClientOptions } from "@supabase/realtime-js";
import { WebSocket } from "@tidewire/testkit/web-socket";
import { type Tidewire, type TidewireChannel, type TidewireOptions, tidewire } from "../src/index.ts";

/** A client as an application has it; only the WebSocket is Node's `ws`. */
export interface LiveClient extends AsyncDisposable {
  readonly realtime: RealtimeClient;
  readonly live: Tidewire;
}

export function createLiveClient(
  projectUrl: string,
  apikey: string,
  options: Partial<RealtimeClientOptions> = {},
  liveOptions: TidewireOptions = {},
): LiveClient {
  const transport = WebSocket as unknown as RealtimeClientOptions["transport"];
  const realtime = new RealtimeClient(`${projectUrl.replace("http", "ws")}/realtime/v1`, {
    params: { apikey },
    transport,
    ...options,
  });
  const live = tidewire(realtime, liveOptions);
  return {
    realtime,
    live,
    async [Symbol.asyncDispose]() {
      live.close();
      for (const channel of realtime.getChannels()) channel.teardown();
      await realtime.disconnect();
    },
  };
}

/** Resolves when the channel is joined. */
export function subscribed(channel: TidewireChannel): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === "SUBSCRIBED") resolve();
      else if (status === "TIMED_OUT") reject(error ?? new Error(status));
    }, 30_000);
  });
}
