import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { TrustedProxies } from "../http/client-address.ts";
import { addressedProject } from "../http/project-address.ts";

/** The parts of a handshake that decide about it: an HTTP upgrade, or the first poll of a session. */
export interface UpgradeRequest {
  /** The project the request means; it may not exist. */
  ref: string | undefined;
  /** Undefined when there is none; an empty one is a token too, a malformed one (protocol 12.1). */
  token: string | undefined;
  vsn: string | null;
  /** Of the client, behind whatever proxies are trusted. */
  address: string;
  userAgent: string | undefined;
  /** The `x-*` headers, which policies may read (protocol 7.1). */
  headers: Readonly<Record<string, string>>;
}

interface HttpRequest {
  url?: string | undefined;
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/** Offered by the plain `phoenix` client when it has an `authToken` (protocol 1.5). */
const BEARER_PROTOCOL = "base64url.bearer.phx.";
const PHOENIX_PROTOCOL = "phoenix";
/** The same token in a poll, where there are no sub-protocols. */
const AUTH_TOKEN_HEADER = "x-phoenix-authtoken";

export function parseUpgrade(
  request: HttpRequest,
  proxies: Pick<TrustedProxies, "clientOf">,
): UpgradeRequest {
  const { pathname, searchParams } = toUrl(request.url);
  const { headers } = request;
  const token =
    single(headers["x-api-key"]) ??
    searchParams.getAll("apikey").at(-1) ??
    bearerProtocol(headers["sec-websocket-protocol"]) ??
    single(headers[AUTH_TOKEN_HEADER]);
  return {
    ref: addressedProject({ host: headers.host, path: pathname, credential: token }),
    token,
    vsn: searchParams.getAll("vsn").at(-1) ?? null,
    address: proxies.clientOf(request),
    userAgent: headers["user-agent"],
    headers: extensionHeaders(headers),
  };
}

/** Token and address tell clients apart (difference D1); the token itself is not kept in a table. */
export function clientKey({ token, address }: Pick<UpgradeRequest, "token" | "address">): string {
  return createHash("sha256").update(`${token} ${address}`).digest("base64url");
}

/** What to answer to the sub-protocols offered; false = nothing, as Supabase does. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  const hasBearer = [...offered].some((protocol) => protocol.startsWith(BEARER_PROTOCOL));
  return hasBearer && offered.has(PHOENIX_PROTOCOL) ? PHOENIX_PROTOCOL : false;
}

export function toUrl(target: string | undefined): URL {
  const base = "http://host";
  const text = target ?? "/";
  return URL.canParse(text, base) ? new URL(text, base) : new URL(base);
}

function bearerProtocol(offered: string | undefined): string | undefined {
  for (const protocol of offered?.split(",") ?? []) {
    const name = protocol.trim();
    if (name.startsWith(BEARER_PROTOCOL))
      return Buffer.from(name.slice(BEARER_PROTOCOL.length), "base64url").toString("utf8");
  }
  return undefined;
}

function extensionHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = single(value);
    if (name.startsWith("x-") && name !== AUTH_TOKEN_HEADER && text !== undefined) chosen[name] = text;
  }
  return chosen;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
