import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Below the ports that systems give to outgoing connections: a server that is restarted finds its own still free. */
const [LOWEST, HIGHEST] = [12_000, 32_000];

/** Ports on which nobody listens at this moment, all different. Another process may take one before it is used. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = randomInt(LOWEST, HIGHEST);
    if (held.has(port)) continue;
    const server = await tryListen(port);
    if (server !== undefined) held.set(port, server);
  }
  await Promise.all(
    [...held.values()].map(async (server) => {
      server.close();
      await once(server, "close");
    }),
  );
  return [...held.keys()];
}

async function tryListen(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    return server;
  } catch {
    return undefined;
  }
}
