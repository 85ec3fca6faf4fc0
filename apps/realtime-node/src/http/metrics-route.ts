import { Hono } from "hono";
import { jwtVerify } from "jose";
import type { Arrival } from "./arrival.ts";

export interface MetricsRouteDeps {
  exposition: { text(): Promise<string>; readonly contentType: string };
  region: string;
  jwtSecret: string | undefined;
  isOpen: boolean;
}

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

/**
 * `GET /metrics` and `/metrics/:region` (protocol 10): a bearer token where a secret is set, else this machine and the
 * admin port only, unless opened to all (decision 0010). A refusal is 403 without a body.
 */
export function createMetricsRoute({
  exposition,
  region,
  jwtSecret,
  isOpen,
}: MetricsRouteDeps): Hono<Arrival> {
  const route = new Hono<Arrival>();
  route.use("*", async (c, next) => {
    const isAllowed =
      jwtSecret === undefined
        ? isOpen || c.env.isPrivate === true || isLocal(c.env.incoming, c.req.raw.headers)
        : await isSigned(c.req.header("authorization"), jwtSecret);
    if (!isAllowed) return c.body(null, 403);
    await next();
  });
  const expose = async () =>
    new Response(await exposition.text(), { headers: { "content-type": exposition.contentType } });
  route.get("/", expose);
  // Every node speaks for itself: one of another region is asked at its own address.
  route.get("/:region", (c) => (c.req.param("region") === region ? expose() : c.body(null, 404)));
  return route;
}

/** What a proxy on this machine passes on came from elsewhere. */
function isLocal(incoming: Arrival["Bindings"]["incoming"], headers: Headers): boolean {
  const isForwarded = headers.has("x-forwarded-for") || headers.has("forwarded");
  return !isForwarded && LOOPBACK.test(incoming.socket.remoteAddress ?? "");
}

async function isSigned(authorization: string | undefined, secret: string): Promise<boolean> {
  const token = /^bearer\s+(\S+)\s*$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return false;
  const key = new TextEncoder().encode(secret);
  return jwtVerify(token, key, { algorithms: ["HS256", "HS384", "HS512"] }).then(
    () => true,
    () => false,
  );
}
