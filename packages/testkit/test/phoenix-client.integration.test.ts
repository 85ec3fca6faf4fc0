import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { connectPhoenix, HandshakeRefused, type PhoenixClient } from "../src/phoenix-client.ts";
import { startTcpRelay } from "../src/tcp-relay.ts";

/** Answers whatever has a ref, and lets the test speak. */
async function startEcho() {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  const sockets: WebSocket[] = [];
  http.on("upgrade", (request, socket, head) => {
    if (!request.url?.includes("apikey=good")) {
      socket.end(
        'HTTP/1.1 401 Unauthorized\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{"error":"key"}',
      );
      return;
    }
    server.handleUpgrade(request, socket, head, (client) => {
      sockets.push(client);
      client.on("message", (data, isBinary) => {
        if (isBinary) return;
        const [joinRef, ref, topic, event] = JSON.parse(String(data));
        const status = event === "phx_join" && topic === "closed" ? "error" : "ok";
        client.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status, response: { event } }]));
      });
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return {
    port,
    say: (...frame: unknown[]) => sockets.at(-1)?.send(JSON.stringify(frame)),
    connect: (apikey = "good"): Promise<PhoenixClient> =>
      connectPhoenix({ url: `http://127.0.0.1:${port}/p/x`, apikey }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      http.closeAllConnections();
      http.close();
    },
  };
}

describe("the raw client", () => {
  test("joins, pushes, leaves, and says why a join was refused", async () => {
    await using server = await startEcho();
    await using client = await server.connect();
    expect(await client.join("room")).toEqual({ event: "phx_join" });
    expect(client.joinRef("room")).toBe("1");
    expect(await client.push("room", "anything", {})).toEqual({
      status: "ok",
      response: { event: "anything" },
    });
    expect(await client.leave("room")).toMatchObject({ status: "ok" });
    await expect(client.join("closed")).rejects.toThrow(/join of closed refused/);
    await expect(server.connect("bad")).rejects.toMatchObject({ status: 401, body: '{"error":"key"}' });
    await expect(server.connect("bad")).rejects.toBeInstanceOf(HandshakeRefused);
  });

  test("meets each expectation with another frame, already here or still to come", async () => {
    await using server = await startEcho();
    await using client = await server.connect();
    server.say(null, null, "room", "broadcast", { n: 1 });
    server.say(null, null, "room", "broadcast", { n: 2 });
    await client.expectFrame({ event: "broadcast", payload: { n: 2 } });
    expect((await client.expectFrame({ event: "broadcast" })).payload).toEqual({ n: 1 });
    await expect(client.expectFrame({ event: "broadcast" }, { withinMs: 50 })).rejects.toThrow(
      /no frame.*last frames/s,
    );
    const later = client.expectFrame({ payload: { n: 3 } });
    server.say(null, null, "room", "broadcast", { n: 3 });
    await later;
  });

  test("hears silence only where there is some", async () => {
    await using server = await startEcho();
    await using client = await server.connect();
    await client.join("room");
    server.say("1", null, "room", "system", {});
    server.say(null, null, "other", "broadcast", {});
    await client.expectSilence("room", 100);
    await expect(client.expectSilence("room", 1, { event: "system" })).rejects.toThrow(
      /expected silence on room/,
    );
    await expect(client.expectSilence("other", 1)).rejects.toThrow(/expected silence on other/);
    client.forget();
    await client.expectSilence("other", 1);
  });

  test("behind a cut line is closed, behind a pulled cable it is not", async () => {
    await using server = await startEcho();
    await using relay = await startTcpRelay({ port: server.port });
    await using client = await connectPhoenix({ url: `http://127.0.0.1:${relay.port}/p/x`, apikey: "good" });
    relay.pause();
    server.say(null, null, "room", "broadcast", {});
    await client.expectSilence("room", 100);
    expect(client.open).toBe(true);
    relay.resume();
    await client.expectFrame({ topic: "room" });

    relay.delay(80);
    const startedMs = performance.now();
    await client.heartbeat();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(150);

    relay.cut();
    expect(await client.expectClose()).toEqual({ code: 1006, reason: "" });
    await expect(
      connectPhoenix({ url: `http://127.0.0.1:${relay.port}/p/x`, apikey: "good" }),
    ).rejects.toThrow();
    relay.mend();
    await using back = await connectPhoenix({ url: `http://127.0.0.1:${relay.port}/p/x`, apikey: "good" });
    await back.heartbeat();
    await expect(back.expectClose({ withinMs: 50 })).rejects.toThrow(/still open/);
  });
});
