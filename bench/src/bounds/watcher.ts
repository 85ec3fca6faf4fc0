import { eventually } from "@tidewire/testkit/eventually";
import { connectPhoenix, type PhoenixClient } from "@tidewire/testkit/phoenix-client";
import type { ReceivedFrame } from "@tidewire/testkit/phoenix-wire";

const PATIENCE_MS = 60_000;

type Metas = Record<string, { metas: { phx_ref: string }[] }>;

interface SystemPayload {
  message: string;
  gap?: object;
}

/** A member that keeps the time at which it was told of each presence, broadcast and row. */
export class Watcher implements AsyncDisposable {
  readonly topic: string;
  readonly client: PhoenixClient;
  /** Presence key -> when it came, or went, last. */
  readonly cameMs = new Map<string, number>();
  readonly wentMs = new Map<string, number>();
  /** Leaves and joins of a key so far. */
  readonly moves = new Map<string, number>();
  /** Number of a broadcast -> when it was heard first. */
  readonly heardMs = new Map<number, number>();
  readonly rowsMs = new Map<number, number>();
  /** When each announced gap was told. */
  readonly gapsMs: number[] = [];
  #repeats = 0;
  #metasOfKeyMax = 0;
  readonly #refs = new Map<string, Set<string>>();

  constructor(client: PhoenixClient, topic: string) {
    this.client = client;
    this.topic = topic;
    client.onFrame((frame) => this.#onFrame(frame));
  }

  /** Broadcasts that were heard before, and metas of one key beyond the first: every key here is tracked once. */
  get duplicates(): number {
    return this.#repeats + Math.max(0, this.#metasOfKeyMax - 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }

  /** When `read` has something, which is awaited. */
  async when(read: (watcher: Watcher) => number | undefined): Promise<number> {
    return eventually(
      () => {
        const atMs = read(this);
        if (atMs === undefined) throw new Error(`it has not happened: ${read}`);
        return atMs;
      },
      { withinMs: PATIENCE_MS },
    );
  }

  #onFrame({ topic, event, payload, atMs }: ReceivedFrame): void {
    if (topic !== this.topic) return;
    switch (event) {
      case "presence_state":
        this.#refs.clear();
        this.#show(payload as Metas);
        break;
      case "presence_diff":
        this.#onDiff(payload as { joins: Metas; leaves: Metas }, atMs);
        break;
      case "broadcast": {
        const { n } = (payload as { payload: { n: number } }).payload;
        if (this.heardMs.has(n)) this.#repeats++;
        else this.heardMs.set(n, atMs);
        break;
      }
      case "postgres_changes":
        this.rowsMs.set((payload as { data: { record: { n: number } } }).data.record.n, atMs);
        break;
      case "system":
        if ((payload as SystemPayload).message.startsWith("BroadcastGap")) this.gapsMs.push(atMs);
    }
  }

  #onDiff({ joins, leaves }: { joins: Metas; leaves: Metas }, atMs: number): void {
    for (const [key, { metas }] of Object.entries(leaves)) {
      for (const { phx_ref } of metas) this.#refs.get(key)?.delete(phx_ref);
    }
    this.#show(joins);
    for (const [times, side] of [
      [this.cameMs, joins],
      [this.wentMs, leaves],
    ] as const) {
      for (const key of Object.keys(side)) {
        times.set(key, atMs);
        this.moves.set(key, (this.moves.get(key) ?? 0) + 1);
      }
    }
  }

  #show(present: Metas): void {
    for (const [key, { metas }] of Object.entries(present)) {
      const refs = this.#refs.get(key) ?? new Set();
      for (const { phx_ref } of metas) refs.add(phx_ref);
      this.#refs.set(key, refs);
      this.#metasOfKeyMax = Math.max(this.#metasOfKeyMax, refs.size);
    }
  }
}

interface Joining {
  url: string;
  apikey: string;
  topic: string;
  config?: object;
}

/** A watcher that is in the room. The caller ends it. */
export async function joinAs(name: string, { url, apikey, topic, config }: Joining): Promise<Watcher> {
  const client = await connectPhoenix({ url, apikey });
  const watcher = new Watcher(client, topic);
  await client.join(topic, { presence: { key: name, enabled: true }, ...config });
  return watcher;
}
