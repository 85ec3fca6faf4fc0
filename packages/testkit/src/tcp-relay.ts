import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpTarget {
  host?: string;
  port: number;
}

/** A way to a server that can become slow, silent or broken. */
export interface TcpRelay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  /** `url` with its host and port replaced by the relay's. */
  via(url: string): string;
  /** Adds `ms` to every chunk, in each direction. Order is kept. */
  delay(ms: number): void;
  /** Silence: bytes are held back, connections stay open, as with a pulled cable. New connections are accepted and get nothing. */
  pause(): void;
  /** Ends the silence; what was held back is delivered. */
  resume(): void;
  /** Ends the silence for new connections only: those that were open stay silent, as behind a router that forgot them. */
  resumeNew(): void;
  /** Told of every chunk on its way to the server, before it is delayed or held back. Returns the way to stop. */
  onSent(listener: (chunk: Uint8Array, connection: number) => void): () => void;
  /** Resets every connection. New ones are refused at once until {@link mend}. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** The caller must close it. Bytes held back during a pause stay in the kernel, which bounds them. */
export async function startTcpRelay(target: TcpTarget): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  const listeners = new Set<(chunk: Uint8Array, connection: number) => void>();
  let accepted = 0;
  let delayMs = 0;
  let paused = false;
  let broken = false;

  function carry(from: Socket, to: Socket): void {
    let queued = Promise.resolve();
    from.on("data", (chunk) => {
      if (delayMs === 0) {
        if (!to.write(chunk)) pauseUntilDrained(from, to);
        return;
      }
      const dueMs = performance.now() + delayMs;
      queued = queued.then(() => until(dueMs)).then(() => void (to.destroyed || to.write(chunk)));
    });
    from.on("end", () => void queued.then(() => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      if (from.errored) abort(to);
    });
    if (paused) from.pause();
  }

  function pauseUntilDrained(from: Socket, to: Socket): void {
    from.pause();
    to.once("drain", () => paused || from.resume());
  }

  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    incoming.on("error", () => incoming.destroy());
    if (broken) return void incoming.resetAndDestroy();
    const outgoing = connect({ host: target.host ?? "127.0.0.1", port: target.port, allowHalfOpen: true });
    for (const socket of [incoming, outgoing]) {
      socket.setNoDelay(true);
      sockets.add(socket);
    }
    const connection = ++accepted;
    incoming.on("data", (chunk) => {
      for (const listener of listeners) listener(chunk, connection);
    });
    carry(incoming, outgoing);
    carry(outgoing, incoming);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const reset = () => {
    for (const socket of sockets) abort(socket);
    sockets.clear();
  };
  const close = async () => {
    broken = true;
    reset();
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    await closed;
  };
  return {
    host: "127.0.0.1",
    port,
    get connections() {
      return sockets.size / 2;
    },
    via(url) {
      const relayed = new URL(url);
      relayed.hostname = "127.0.0.1";
      relayed.port = String(port);
      return relayed.href;
    },
    delay(ms) {
      delayMs = ms;
    },
    pause() {
      paused = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      paused = false;
      for (const socket of sockets) socket.resume();
    },
    resumeNew() {
      paused = false;
    },
    onSent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    cut() {
      broken = true;
      reset();
    },
    mend() {
      broken = false;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Resets the connection. One that is just ending cannot be reset any more: its handle would stay open for ever. */
export function abort(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

async function until(dueMs: number): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
}
