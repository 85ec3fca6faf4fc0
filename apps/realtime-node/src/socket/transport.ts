import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import type { ErrorCode } from "@tidewire/protocol/errors";
import type { Sink } from "./sink.ts";

/** What a connection hears of whatever carries it. */
export interface TransportListener {
  /** Something arrived, if only half a message: the client is there. */
  heard(bytes: number): void;
  /** The client did something of its own accord that carries no message: it pinged, or polled. */
  prompted(): void;
  message(data: Buffer, isBinary: boolean): void;
  /** What carries the connection broke; `gone` follows. The code is known when it was the client's doing. */
  failed(error: Error, code?: ErrorCode): void;
  /** Called once, at the very end. */
  gone(closeCode: number): void;
}

/**
 * What carries one connection: a WebSocket, or a session of long polls. It moves frames and knows no rule; how long
 * it may live without a sign of life is judged by the connection.
 */
export interface Transport extends Sink {
  /** Whole frames, shared with other connections. False when nobody can be told any more. */
  write(bytes: Uint8Array): boolean;
  /** Called once, before anything may arrive. */
  listen(listener: TransportListener): void;
  readonly kind: ConnectionInfo["transport"];
  /** The client answers pings by itself, so its silence can be asked about. */
  readonly answersPings: boolean;
  /** The client holds a request open at this moment: it is there without saying so. */
  readonly isAttended: boolean;
  /** Hands over what was written before, then ends. */
  close(closeCode: number | undefined): void;
  /** Ends at once. */
  terminate(): void;
}
