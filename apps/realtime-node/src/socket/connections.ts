import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import type { ErrorCode } from "@tidewire/protocol/errors";

/** What is known about the life of one socket, for whoever asks why a member is or is not there (promise P4). */
export interface SocketEvidence {
  /** Epoch milliseconds. */
  lastByteMs: number;
  pingsOutstanding: number;
  bufferedBytes: number;
  /** When silence will close the socket, if it lasts. */
  evictAtMs: number;
}

/** A connection as the rest of the node sees it. */
export interface OpenConnection {
  readonly id: string;
  readonly ref: string;
  info(): ConnectionInfo;
  evidence(): SocketEvidence;
  /** Closes the socket; clients reconnect by themselves. */
  close(code: ErrorCode): void;
  /** As `close`, after every channel was told that the server asked for it (protocol 1.6). */
  disconnect(code: ErrorCode): void;
  /** Cuts the socket off without a close handshake. */
  terminate(): void;
  /** Ends one channel with a `system` error. False when it is not here. */
  evict(channelId: string, code: ErrorCode): boolean;
}

/** Every socket of this node. */
export class Connections {
  readonly #byId = new Map<string, OpenConnection>();
  readonly #byRef = new Map<string, Set<OpenConnection>>();

  add(connection: OpenConnection): void {
    this.#byId.set(connection.id, connection);
    const ofProject = this.#byRef.get(connection.ref) ?? new Set();
    ofProject.add(connection);
    this.#byRef.set(connection.ref, ofProject);
  }

  delete(connection: OpenConnection): void {
    this.#byId.delete(connection.id);
    const ofProject = this.#byRef.get(connection.ref);
    ofProject?.delete(connection);
    if (ofProject?.size === 0) this.#byRef.delete(connection.ref);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): OpenConnection | undefined {
    return this.#byId.get(id);
  }

  /** A copy: closing one while walking over all is safe. */
  all(): OpenConnection[] {
    return [...this.#byId.values()];
  }

  byProject(ref: string): OpenConnection[] {
    return [...(this.#byRef.get(ref) ?? [])];
  }

  info(ref: string): ConnectionInfo[] {
    return this.byProject(ref).map((connection) => connection.info());
  }

  evidence(id: string): SocketEvidence | undefined {
    return this.#byId.get(id)?.evidence();
  }

  /** False when the connection is not on this node. */
  kick(id: string): boolean {
    const connection = this.#byId.get(id);
    connection?.close("ConnectionKicked");
    return connection !== undefined;
  }

  /** Takes one channel away from a client; it is told why. False when it is not on this node. */
  evict(connectionId: string, channelId: string): boolean {
    return this.#byId.get(connectionId)?.evict(channelId, "MemberEvicted") ?? false;
  }

  /** Asks every client of a project to come back, to be judged anew (protocol 1.6). */
  disconnect(ref: string, code: ErrorCode = "SettingsChanged"): void {
    for (const connection of this.byProject(ref)) connection.disconnect(code);
  }
}
