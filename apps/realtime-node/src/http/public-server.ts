import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Listener } from "../socket/listener.ts";
import { closeServer, listen, toReachable } from "./listen.ts";

/** Sockets that the kernel may hold ready for us: a region that reconnects arrives within one event-loop turn. */
const BACKLOG = 4_096;

export interface PublicServer {
  /** As a client on this machine reaches it. */
  readonly url: string;
  /** Open TCP connections: upgraded sockets, requests under way, idle keep-alives. */
  countConnections(): Promise<number>;
  close(): Promise<void>;
}

interface Options {
  host: string;
  port: number;
  app: { fetch(request: Request, env?: object): Response | Promise<Response> };
  sockets: Pick<Listener, "upgrade">;
}

/** REST, health and WebSocket upgrades on one port. Resolves when it is open; rejects when the port is taken. */
export async function openPublicServer({ host, port, app, sockets }: Options): Promise<PublicServer> {
  const server = createServer(getRequestListener(app.fetch));
  server.on("upgrade", (request, socket, head) => sockets.upgrade(request, socket, head));
  await listen(server, { port, host, backlog: BACKLOG });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${toReachable(host)}:${bound}`,
    countConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    close: () => closeServer(server),
  };
}
