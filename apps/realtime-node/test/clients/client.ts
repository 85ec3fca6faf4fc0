export interface Heard {
  event: string;
  payload: unknown;
  /** Absent where the client has none. */
  meta?: { id?: string; replayed?: boolean };
}

export interface Change {
  type: string;
  record: Record<string, unknown>;
}

export interface JoinOptions {
  private?: boolean;
  presenceKey?: string;
  /** Rows of this table of `public`. */
  table?: string;
  replay?: { since: number; limit?: number };
}

/** One joined channel as an app sees it, whichever library carries it. */
export interface Member {
  readonly heard: readonly Heard[];
  readonly changes: readonly Change[];
  /** Messages of the channel's `system` events. */
  readonly systems: readonly string[];
  /** By key, the tracked payloads without references. */
  present(): Record<string, { mood: string }[]>;
  /** Resolves with the acknowledgement's status. */
  send(event: string, payload: object): Promise<string>;
  /** Absent in libraries that speak no binary. */
  sendBytes?(event: string, bytes: Uint8Array): Promise<string>;
  track(payload: { mood: string }): Promise<unknown>;
  ended(): boolean;
  leave(): Promise<unknown>;
}

/** One connection of a pinned client library. */
export interface Client extends AsyncDisposable {
  /** Rejects with the server's reason. */
  join(topic: string, options?: JoinOptions): Promise<Member>;
  /** As when a session is refreshed: joined channels are told. */
  refresh(token: string): Promise<void>;
}

export interface ClientLibrary {
  name: string;
  vsn: "1.0.0" | "2.0.0";
  /** How it sends bytes; undefined where it cannot. */
  binary?: "kind 3" | "kind 0";
  /** Whether it sends `presence.enabled` when an app listens to presence. */
  asksForPresence: boolean;
  connect(projectUrl: string, key: string, userToken?: string): Promise<Client>;
}
