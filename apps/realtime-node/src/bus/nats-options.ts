import { type ConnectionOptions, credsAuthenticator } from "@nats-io/transport-node";

/** A server that does not answer the handshake within this time is as good as down; start-up says so and ends. */
const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 250;
/** Two unanswered pings: a dead server is noticed within six seconds. */
const PING_INTERVAL_MS = 2_000;
const PINGS_OUT_MAX = 2;

export interface NatsAddress {
  /** One or more of `nats://[user:password@]host:port` or `tls://...`, separated by commas. */
  url: string;
  /** Shown in the server's own monitoring. */
  name: string;
  /** The text of a NATS credentials file. */
  credentials?: string;
  /** Paths of PEM files, for servers that ask for client certificates or have a private authority. */
  tls?: { caFile?: string; certFile?: string; keyFile?: string };
}

/** @throws RangeError when `url` cannot be a NATS address */
export function toConnectionOptions({ url, name, credentials, tls }: NatsAddress): ConnectionOptions {
  const urls = url.split(",").map((part) => parseNatsUrl(part.trim()));
  const [first] = urls;
  if (first === undefined) throw new RangeError("NATS_URL is empty");
  const encrypted = tls !== undefined || urls.some(({ protocol }) => protocol === "tls:");
  return {
    servers: urls.map(({ host }) => host),
    name,
    ...(first.username && {
      user: decodeURIComponent(first.username),
      pass: decodeURIComponent(first.password),
    }),
    ...(credentials && { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...(encrypted && { tls: tls ?? {} }),
    noEcho: true,
    noAsyncTraces: true,
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: PINGS_OUT_MAX,
    ignoreAuthErrorAbort: true,
  };
}

function parseNatsUrl(text: string): URL {
  const withScheme = text.includes("://") ? text : `nats://${text}`;
  if (URL.canParse(withScheme)) {
    const url = new URL(withScheme);
    if (["nats:", "tls:"].includes(url.protocol) && url.hostname !== "") return url;
  }
  // The text may hold a password, so it is not repeated.
  throw new RangeError("NATS_URL must be nats://host:port or tls://host:port, several separated by commas");
}
