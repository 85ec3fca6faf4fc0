/** The parts of the `phoenix` package that the tests use; it ships no types. */
declare module "phoenix" {
  interface Push {
    receive(status: "ok" | "error" | "timeout", callback: (response: unknown) => void): Push;
  }
  export class Channel {
    join(timeoutMs?: number): Push;
    leave(): Push;
    push(event: string, payload: unknown): Push;
    on(event: string, callback: (payload: unknown) => void): number;
    onClose(callback: () => void): void;
  }
  export class Socket {
    constructor(endPoint: string, options?: object);
    connect(): void;
    disconnect(callback?: () => void): void;
    isConnected(): boolean;
    channel(topic: string, params?: object): Channel;
    onOpen(callback: () => void): void;
    onClose(callback: (event: { code: number }) => void): void;
    ping(callback: (rttMs: number) => void): boolean;
  }
  /** Given as `transport`, or fallen back to. */
  export class LongPoll {
    constructor(endPoint: string, protocols?: string[]);
    protected endpointURL(): string;
  }
  export class Presence {
    constructor(channel: Channel);
    list<T>(chooser: (key: string, presence: { metas: object[] }) => T): T[];
    onSync(callback: () => void): void;
  }
}
