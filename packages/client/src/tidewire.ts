import type { RealtimeChannelOptions, RealtimeClient } from "@supabase/realtime-js";
import { type ChannelDiagnosis, makeContinuous, type TidewireChannel } from "./channel.ts";
import { type HeartbeatDiagnosis, Heartbeats } from "./heartbeats.ts";
import { reconnectAfterMs } from "./reconnect-after.ts";
import { fetchRoute, type Route } from "./route.ts";
import { type RouteReport, RouteReports } from "./route-reports.ts";
import {
  abandonConnection,
  allowMessageIds,
  observeHeartbeats,
  type PhoenixSocket,
  phoenixOf,
  reconnectNow,
} from "./seams.ts";
import { watchWake } from "./wake.ts";

/** After a sleep a live connection answers within this time, or it is given up. */
const ANSWER_MS_MAX = 800;

export interface TidewireOptions {
  /** Delay before the nth attempt to connect again. Default: about 100 ms, then up to 5 s, with jitter. */
  reconnectAfterMs?: (tries: number) => number;
  /**
   * Measures from time to time how far this and the other regions are, and tells the server, so that its operators see who
   * is served from the wrong one. Costs a few small requests every 30 s, or as often as it says here. Default: false.
   */
  reportRoute?: boolean | { everyMs: number };
}

/** Everything worth knowing when somebody asks why a message is missing. Holds no keys and no tokens. */
export interface Diagnosis {
  connection: string;
  endpoint: string;
  heartbeats: HeartbeatDiagnosis;
  /** Null when the server does not tell. */
  route: Route | null;
  /** The last of what this client measured; null unless it was asked to, and before it has. */
  routeReport: RouteReport | null;
  channels: ChannelDiagnosis[];
}

export interface Tidewire {
  /**
   * A channel of the same client that misses nothing; create it in place of `supabase.channel(topic, options)`. Broadcasts
   * are acknowledged unless `broadcast.ack` is false. A topic that has a channel already gives that channel.
   */
  channel(topic: string, options?: RealtimeChannelOptions): TidewireChannel;
  diagnose(): Promise<Diagnosis>;
  /** Stops watching for sleep, and measuring. Channels and connection stay as they are. */
  close(): void;
}

/**
 * Adds continuity to a realtime client: `tidewire(supabase.realtime)`, or around a `RealtimeClient` of your own. Channels
 * made through the client itself stay as they are.
 *
 * @throws UnsupportedRealtimeJs when a channel is made of a version of realtime-js that cannot be looked into
 */
export function tidewire(realtime: RealtimeClient, options: TidewireOptions = {}): Tidewire {
  return new TidewireLink(realtime, options);
}

class TidewireLink implements Tidewire {
  readonly #realtime: RealtimeClient;
  readonly #heartbeats = new Heartbeats();
  readonly #channels = new Map<string, TidewireChannel>();
  readonly #stopWatching: () => void;
  readonly #reports: RouteReports | undefined;
  #socket: PhoenixSocket | undefined;
  #refreshing: Promise<string | null> | undefined;

  constructor(realtime: RealtimeClient, options: TidewireOptions) {
    this.#realtime = realtime;
    const delayOf = options.reconnectAfterMs ?? reconnectAfterMs;
    realtime.reconnectTimer.timerCalc = (tries) => delayOf(tries);
    allowMessageIds(realtime);
    this.#stopWatching = watchWake(() => this.#wake());
    const { reportRoute = false } = options;
    if (reportRoute !== false) {
      this.#reports = new RouteReports(realtime, reportRoute === true ? undefined : reportRoute.everyMs);
    }
  }

  channel(topic: string, options: RealtimeChannelOptions = { config: {} }): TidewireChannel {
    const plain = this.#realtime.channel(topic, withAck(options));
    const known = this.#channels.get(topic);
    if (known === plain) return known;
    const channel = makeContinuous(plain, () => this.#refreshToken());
    this.#channels.set(topic, channel);
    this.#attach(phoenixOf(plain).socket);
    return channel;
  }

  async diagnose(): Promise<Diagnosis> {
    const live = new Set<object>(this.#realtime.getChannels());
    const channels = [...this.#channels.values()].filter((channel) => live.has(channel));
    return {
      connection: this.#realtime.connectionState(),
      endpoint: this.#realtime.endPoint,
      heartbeats: this.#heartbeats.diagnose(),
      route: await fetchRoute(this.#realtime),
      routeReport: this.#reports?.last ?? null,
      channels: channels.map((channel) => channel.diagnose()),
    };
  }

  close(): void {
    this.#stopWatching();
    this.#reports?.close();
  }

  #attach(socket: PhoenixSocket): void {
    if (this.#socket !== undefined) return;
    this.#socket = socket;
    observeHeartbeats(socket, (status, latencyMs) => this.#heartbeats.observe(status, latencyMs));
  }

  /** A token may have expired meanwhile, and a connection that looks open may be long gone. */
  #wake(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#realtime.getChannels().length === 0) return;
    void this.#refreshToken();
    if (!this.#realtime.isConnected()) {
      reconnectNow(this.#realtime);
      return;
    }
    const { conn } = socket;
    const patience = setTimeout(() => abandonConnection(socket, conn), ANSWER_MS_MAX);
    socket.ping(() => clearTimeout(patience));
  }

  /** One question at a time, however many channels ask. */
  #refreshToken(): Promise<string | null> {
    this.#refreshing ??= this.#askForToken().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #askForToken(): Promise<string | null> {
    await this.#realtime.setAuth();
    return this.#realtime.accessTokenValue;
  }
}

function withAck({ config }: RealtimeChannelOptions): RealtimeChannelOptions {
  return { config: { ...config, broadcast: { ack: true, ...config.broadcast } } };
}
