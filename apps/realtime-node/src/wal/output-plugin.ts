import type { Socket } from "node:net";
import type pg from "pg";
import { CopyReader } from "./copy-reader.ts";
import type { Lsn } from "./lsn.ts";
import type { PgoutputDecoder, WalMessage } from "./pgoutput.ts";
import { quoteIdentifier, quoteLiteral } from "./session.ts";

interface Options {
  decoder: PgoutputDecoder;
  /** Runs in the replication session before it streams; resolves to the publications to stream. */
  prepare(client: pg.Client, socket: Socket): Promise<readonly string[]>;
  /** Must not throw: it runs inside the socket's event. */
  onMessage(message: WalMessage, bytes: number): void;
  onKeepalive(lsn: Lsn, mustReply: boolean): void;
  /** Something has arrived; its messages follow, if they are whole. */
  onArrival(): void;
  onMalformed(error: unknown): void;
}

/**
 * Our reading of pgoutput for pg-logical-replication, whose own costs several times the processor time
 * (`bench/results/wal.md`) and turns timestamps into Dates, losing microseconds. The library keeps the session; the
 * stream itself is read from the socket, before the driver sees it. An exception out of a socket's event would end the
 * process: it is handed to its owner.
 */
export class LeanPgoutputPlugin {
  readonly name = "pgoutput";
  readonly options: Options;

  constructor(options: Options) {
    this.options = options;
  }

  async start(client: pg.Client, slot: string, fromLsn: string): Promise<unknown> {
    const socket = socketOf(client);
    const publications = await this.options.prepare(client, socket);
    const names = publications.map(quoteIdentifier).join(",");
    const settings = `proto_version '1', publication_names ${quoteLiteral(names)}, messages 'true'`;
    // Nothing is on its way now: the driver's own reader stands at the beginning of a message.
    CopyReader.attach(socket, {
      onWal: (buffer, start, end) => this.#decode(buffer, start, end),
      onKeepalive: this.options.onKeepalive,
      onArrival: this.options.onArrival,
    });
    return client.query(`START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${fromLsn} (${settings})`);
  }

  /** Only for the library, which never comes to call it. */
  parse(buffer: Buffer): void {
    this.#decode(buffer, 0, buffer.length);
  }

  #decode(buffer: Buffer, start: number, end: number): void {
    const { decoder, onMessage, onMalformed } = this.options;
    try {
      onMessage(decoder.decode(buffer, start, end), end - start);
    } catch (error) {
      onMalformed(error);
    }
  }
}

/** pg keeps its socket out of its types; pausing it is the only way to slow Postgres down. */
function socketOf(client: pg.Client): Socket {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  return connection.stream;
}
