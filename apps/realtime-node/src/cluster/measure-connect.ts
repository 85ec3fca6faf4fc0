import { connect } from "node:net";

const POSTGRES_PORT = 5_432;

/** `host:port` of a Postgres URL; undefined for a socket file or for what is no URL. */
export function databaseAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return hostname === "" ? undefined : `${hostname}:${port || POSTGRES_PORT}`;
}

/**
 * How long a TCP connection takes, without the name lookup. Nothing is sent on it: Postgres counts it neither as a session
 * nor as an error, so it costs a project nothing of its budget (promise P1).
 *
 * @returns milliseconds, or null when there was no connection in time
 */
export function measureConnect(address: string, timeoutMs: number): Promise<number | null> {
  const at = address.lastIndexOf(":");
  const host = address.slice(0, at).replace(/^\[|\]$/g, "");
  let startedMs = performance.now();
  const socket = connect({ host, port: Number(address.slice(at + 1)) });
  return new Promise((resolve) => {
    const finish = (rttMs: number | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(rttMs);
    };
    const timer = setTimeout(() => finish(null), timeoutMs);
    socket.once("lookup", () => {
      startedMs = performance.now();
    });
    socket.once("connect", () => finish(performance.now() - startedMs));
    socket.once("error", () => finish(null));
  });
}
