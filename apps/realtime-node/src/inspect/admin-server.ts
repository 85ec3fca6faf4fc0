import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { jwtVerify } from "jose";
import { closeServer, listen, toReachable } from "../http/listen.ts";
import type { Log } from "../log.ts";
import { nodeRouter } from "./router.ts";
import type { NodeViews } from "./views.ts";

const AUDIENCE = "tidewire-node";
const BASE_PATH = "/trpc/";

interface Options {
  host: string;
  port: number;
  nodeSecret: string;
  views: NodeViews;
  /** What the public port answers: a dashboard that sends a message may reach only this one. */
  app: { fetch(request: Request, env?: object): Response | Promise<Response> };
  log: Log;
}

export interface AdminServer {
  /** Without a trailing slash; the router is below `/trpc`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the inspection to whoever holds the node secret, and beside it the REST routes of the public port under their
 * own rules. Resolves when it is open; the caller must close it.
 */
export async function openAdminServer(options: Options): Promise<AdminServer> {
  const { host, port, nodeSecret, views, app, log } = options;
  const isAuthorized = createTokenCheck(nodeSecret);
  const servePublic = getRequestListener(app.fetch);
  const serveRouter = createHTTPHandler({
    router: nodeRouter,
    basePath: BASE_PATH,
    createContext: async ({ req }) => ({ authorized: await isAuthorized(req), views }),
    onError({ error, path }) {
      if (error.code === "INTERNAL_SERVER_ERROR") log.error({ err: error, path }, "inspection failed");
    },
  });
  const server = createServer((request, response) => {
    if (request.url?.startsWith(BASE_PATH)) return serveRouter(request, response);
    return servePublic(request, response);
  });
  await listen(server, { port, host });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${toReachable(host)}:${bound}`,
    close: () => closeServer(server),
  };
}

/** A short-lived token of the dashboard: HS256 with the shared secret, for the audience `tidewire-node`. */
function createTokenCheck(nodeSecret: string): (request: IncomingMessage) => Promise<boolean> {
  const key = new TextEncoder().encode(nodeSecret);
  return async ({ headers }) => {
    const token = headers.authorization?.match(/^Bearer (.+)$/i)?.[1];
    if (token === undefined) return false;
    const options = { audience: AUDIENCE, algorithms: ["HS256"], requiredClaims: ["exp"] };
    return jwtVerify(token, key, options).then(
      () => true,
      () => false,
    );
  };
}
