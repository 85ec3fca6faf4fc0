import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { serve } from "./server-process.ts";

/**
 * What one writes first: a `ws` server that speaks just enough of the protocol for the load, and calls `send` once per
 * member. It has no limits, history, sequence or inspection: every difference in its favour.
 */
const members = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(String(data));
    if (event === "phx_join") {
      const room = members.get(topic) ?? new Set();
      members.set(topic, room.add(socket));
      socket.once("close", () => room.delete(socket));
      socket.send(
        JSON.stringify([
          joinRef,
          ref,
          topic,
          "phx_reply",
          { status: "ok", response: { postgres_changes: [] } },
        ]),
      );
      return;
    }
    const frame = JSON.stringify([null, null, topic, event, payload]);
    for (const member of members.get(topic) ?? []) if (member !== socket) member.send(frame);
  });
});
server.on("listening", () => {
  const { port } = server.address() as AddressInfo;
  serve({ socketUrl: `ws://127.0.0.1:${port}/` }, async () => server.close());
});
