import { readFileSync } from "node:fs";
import { type ConnectionOptions, credsAuthenticator, type TlsOptions } from "@nats-io/transport-node";

/** A server that does not answer the handshake within this time is as good as down; start-up says so and ends. */
const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 250;
/** Two unanswered pings: a dead server is noticed within six seconds. */
const PING_INTERVAL_MS = 2_000;
const PINGS_OUT_MAX = 2;

/** How a node proves who it is and knows who answers. Paths are of PEM files, or of a NATS credentials file. */
export interface NatsAccess {
  user?: string | undefined;
  password?: string | undefined;
  token?: string | undefined;
  credsFile?: string | undefined;
  /** Private authority of the servers; without it the system's own are trusted. */
  caFile?: string | undefined;
  /** For servers that ask for a client certificate. Both or none. */
  certFile?: string | undefined;
  keyFile?: string | undefined;
}

export interface NatsAddress {
  /** One or more of `nats://[user:password@]host:port` or `tls://...`, separated by commas. */
  url: string;
  /** Shown in the server's own monitoring. */
  name: string;
  /** Counts before what stands in the URL. */
  access?: NatsAccess;
}

/** @throws RangeError when `url` cannot be a NATS address; the file system's error when a named file cannot be read */
export function toConnectionOptions({ url, name, access = {} }: NatsAddress): ConnectionOptions {
  const urls = url.split(",").map((part) => parseNatsUrl(part.trim()));
  const [first] = urls;
  if (first === undefined) throw new RangeError("NATS_URL is empty");
  const tls = toTls(access);
  const encrypted = Object.keys(tls).length > 0 || urls.some(({ protocol }) => protocol === "tls:");
  return {
    servers: urls.map(({ host }) => host),
    name,
    ...toLogin(access, first),
    ...(encrypted && { tls }),
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

function toLogin({ user, password, token, credsFile }: NatsAccess, url: URL): ConnectionOptions {
  if (credsFile !== undefined) return { authenticator: credsAuthenticator(readFileSync(credsFile)) };
  if (token !== undefined) return { token };
  if (user !== undefined) return { user, pass: password };
  if (url.username === "") return {};
  // `nats://token@host` is NATS' own way to write a token.
  if (url.password === "") return { token: decodeURIComponent(url.username) };
  return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
}

function toTls({ caFile, certFile, keyFile }: NatsAccess): TlsOptions {
  return {
    ...(caFile !== undefined && { ca: readFileSync(caFile, "utf8") }),
    ...(certFile !== undefined && { cert: readFileSync(certFile, "utf8") }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile, "utf8") }),
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
