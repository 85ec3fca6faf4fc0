import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

import { abort } from "./tcp-relay.ts";

const CRLF = "\r\n";
const HANDSHAKE_MS = 5_000;

export interface GatewayDoor {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The one address of a region's gateway, behind which every other region has a relay of its own. Gateways tell each other
 * every address they know, so one address per pair would not keep a pair apart; the caller's name, in its first
 * line, does. The server speaks first in this protocol, so the door says the server's own first line in its place.
 */
export async function openGatewayDoor(
  serverPort: number,
  relayOf: (region: string) => { port: number } | undefined,
): Promise<GatewayDoor> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  const open = (port: number) => keep(connect({ host: "127.0.0.1", port }));

  async function admit(caller: Socket): Promise<void> {
    const probe = open(serverPort);
    const [greeting] = await readLine(probe);
    probe.destroy();
    caller.write(greeting);
    const [hello, rest] = await readLine(caller);
    const relay = relayOf(/"gateway":"([^"]+)"/.exec(hello.toString())?.[1] ?? "");
    if (relay === undefined) throw new Error("an unknown region");
    const server = open(relay.port);
    const [, after] = await readLine(server);
    server.write(Buffer.concat([hello, rest]));
    caller.write(after);
    caller.once("close", () => (caller.errored ? abort(server) : server.destroy()));
    server.once("close", () => (server.errored ? abort(caller) : caller.destroy()));
    caller.pipe(server);
    server.pipe(caller);
  }

  const door = createServer((caller) => {
    keep(caller);
    admit(caller).catch(() => abort(caller));
  }).listen(0, "127.0.0.1");
  await once(door, "listening");
  return {
    port: (door.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      door.close();
      await once(door, "close");
    },
  };
}

/** The first line with its end, and whatever came after it. The socket is left paused. */
function readLine(socket: Socket): Promise<[line: Buffer, rest: Buffer]> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(new Error("no first line")), HANDSHAKE_MS);
    const onClose = () => {
      clearTimeout(timer);
      reject(new Error("closed before its first line"));
    };
    const onData = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf(CRLF);
      if (end === -1) return;
      clearTimeout(timer);
      socket.off("data", onData).off("close", onClose).pause();
      resolve([read.subarray(0, end + CRLF.length), read.subarray(end + CRLF.length)]);
    };
    socket.on("data", onData).once("close", onClose);
  });
}
