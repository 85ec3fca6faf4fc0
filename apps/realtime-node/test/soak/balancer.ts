import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** One address for all nodes of a region: each new connection goes to one of those that take clients. */
export interface Balancer extends AsyncDisposable {
  readonly url: string;
}

/** @param pick the URL for a new connection; undefined when nobody takes any, which refuses it */
export async function startBalancer(pick: () => string | undefined): Promise<Balancer> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const target = pick();
    incoming.on("error", () => incoming.destroy());
    if (target === undefined) return void incoming.resetAndDestroy();
    const outgoing = connect({ host: "127.0.0.1", port: Number(new URL(target).port) });
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
