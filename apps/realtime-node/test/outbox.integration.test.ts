import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { eventually } from "@tidewire/testkit/eventually";
import { expect, test } from "vitest";
import { Outbox, Turn } from "../src/socket/outbox.ts";
import { TextFrames } from "../src/socket/wire-frame.ts";

const TURNS_MAX = 2_000;
const NOTHING = Buffer.alloc(0);

const rowsOf = (whose: string, turn: number) =>
  new TextFrames([{ data: Buffer.from(`${whose} ${turn} `.repeat(2_000)) }], () => ({
    before: NOTHING,
    after: NOTHING,
  }));

function outboxOf(turn: Turn, socket: Socket): Outbox {
  const sink = {
    write: (bytes: Uint8Array) => void socket.write(bytes),
    get bufferedBytes() {
      return socket.writableLength;
    },
  };
  return new Outbox(turn, sink, () => socket.destroy());
}

test("a client that reads late gets every byte as it was offered, whatever others were sent meanwhile", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const open = async () => {
    const [[accepted], client] = await Promise.all([
      once(server, "connection") as Promise<[Socket]>,
      new Promise<Socket>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => resolve(socket));
      }),
    ]);
    return { accepted, client };
  };
  const [late, prompt] = [await open(), await open()];
  const received: Buffer[] = [];
  prompt.client.resume();

  const turn = new Turn();
  const outboxes = { late: outboxOf(turn, late.accepted), prompt: outboxOf(turn, prompt.accepted) };
  const offered: Buffer[] = [];
  let turnsWhileLate = 0;
  for (let nth = 0; nth < TURNS_MAX && turnsWhileLate < 20; nth++) {
    const frames = rowsOf("late", nth);
    const bytes = Buffer.alloc(frames.byteLength);
    frames.copy(bytes, 0);
    expect(outboxes.late.offer(frames)).toBe(true);
    offered.push(bytes);
    outboxes.prompt.offer(rowsOf("prompt", nth));
    turn.flush();
    await nextTurn();
    if (late.accepted.writableLength > 0) turnsWhileLate++;
  }
  expect(turnsWhileLate).toBe(20);

  const expected = Buffer.concat(offered);
  late.client.on("data", (chunk) => received.push(chunk));
  await eventually(() => expect(received.reduce((sum, { length }) => sum + length, 0)).toBe(expected.length));
  expect(Buffer.concat(received).equals(expected)).toBe(true);
  for (const { client, accepted } of [late, prompt]) {
    client.destroy();
    accepted.destroy();
  }
  server.close();
});
