import type { Server } from "node:http";

/** Rejects when the port is taken or not allowed. */
export function listen(
  server: Server,
  address: { port: number; host: string; backlog?: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Ends open streams too: an inspector's tail never ends by itself. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A server that listens everywhere is reached over loopback; an IPv6 address stands in brackets. */
export function toReachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
