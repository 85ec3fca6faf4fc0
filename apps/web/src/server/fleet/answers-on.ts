import { connect } from "node:net";

const DEADLINE_MS = 1_000;

/**
 * Whether a process accepts connections and speaks HTTP on a node's admin port. Asked without a token: any answer,
 * even a refusal, is a sign of life.
 */
export async function answersOn(adminUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(adminUrl);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    // A listening socket accepts even when its process hangs, so the answer is awaited, not the connection.
    socket.once("data", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
    socket.setTimeout(DEADLINE_MS, () => settle(false));
    socket.write(`GET / HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
  });
}
