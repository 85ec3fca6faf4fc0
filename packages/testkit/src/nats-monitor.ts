/** Counters of one server or of one of its links, as nats-server's monitoring gives them. */
interface Traffic {
  in_msgs: number;
  out_msgs: number;
  in_bytes: number;
  out_bytes: number;
}

interface Varz extends Traffic {
  server_name: string;
  connections: number;
  subscriptions: number;
  slow_consumers: number;
}

export interface GatewayTraffic {
  /** Messages of clients that this server has sent to that region since the link exists. */
  outMsgs: number;
  outBytes: number;
  inMsgs: number;
}

interface Gatewayz {
  outbound_gateways: Record<string, { connection: Traffic }>;
  inbound_gateways: Record<string, { connection: Traffic }[]>;
}

interface Connz {
  connections: (Traffic & { cid: number; name?: string; pending_bytes: number; subscriptions: number })[];
}

/** What one server says of itself. */
export class NatsMonitor {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  varz(): Promise<Varz> {
    return this.#read("varz");
  }

  connz(): Promise<Connz> {
    return this.#read("connz");
  }

  gatewayz(): Promise<Gatewayz> {
    return this.#read("gatewayz");
  }

  /** Regions to which messages can go, and from which they can come, right now. */
  async links(): Promise<{ to: string[]; from: string[] }> {
    const { outbound_gateways, inbound_gateways } = await this.gatewayz();
    const from = Object.entries(inbound_gateways ?? {}).filter(([, links]) => links.length > 0);
    return { to: Object.keys(outbound_gateways ?? {}), from: from.map(([region]) => region) };
  }

  /** What has crossed to and from each other region. */
  async crossed(): Promise<Record<string, GatewayTraffic>> {
    const { outbound_gateways, inbound_gateways } = await this.gatewayz();
    return Object.fromEntries(
      Object.entries(outbound_gateways ?? {}).map(([region, { connection }]) => {
        const inMsgs = (inbound_gateways[region] ?? []).reduce(
          (sum, link) => sum + link.connection.in_msgs,
          0,
        );
        return [region, { outMsgs: connection.out_msgs, outBytes: connection.out_bytes, inMsgs }];
      }),
    );
  }

  async #read<T>(page: string): Promise<T> {
    const answer = await fetch(`${this.#url}/${page}`);
    if (!answer.ok) throw new Error(`nats-server answered ${answer.status} for /${page}`);
    return (await answer.json()) as T;
  }
}
