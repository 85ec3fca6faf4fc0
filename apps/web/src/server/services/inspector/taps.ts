import type { NodeRow } from "@tidewire/db/node-store";
import type { TapBatch } from "@tidewire/protocol/cluster/tap";
import type { TapInput } from "../../fleet/node-client.ts";
import type { Resources } from "../../resources.ts";

/** A node that refused or broke is asked again after this. */
const RETRY_MS = 1_000;

interface Tap {
  boot: string;
  abort: AbortController;
  state: "connecting" | "open" | "broken";
  brokenAtMs: number;
}

interface TapsOptions extends Pick<Resources, "clients" | "directory" | "nowMs"> {
  input: TapInput;
  onBatch: (batch: TapBatch) => void;
}

/** One tap on each node there is, kept so as nodes come, go and start anew. The owner closes it. */
export class Taps {
  readonly #options: TapsOptions;
  readonly #taps = new Map<string, Tap>();
  #closed = false;

  constructor(options: TapsOptions) {
    this.#options = options;
  }

  /** Opens what is missing, closes what is over. Called again and again. */
  async follow(): Promise<void> {
    const nodes = await this.#options.directory.expected();
    if (this.#closed) return;
    const expected = new Map(nodes.map((node) => [node.id, node]));
    for (const [id, tap] of this.#taps) {
      if (expected.get(id)?.boot === tap.boot && !this.#isDue(tap)) continue;
      tap.abort.abort();
      this.#taps.delete(id);
    }
    for (const node of nodes) if (!this.#taps.has(node.id)) this.#open(node);
  }

  /** Nodes that are still being connected are in neither list. */
  status(): { answered: string[]; silent: string[] } {
    const inState = (wanted: Tap["state"]) =>
      [...this.#taps]
        .filter(([, { state }]) => state === wanted)
        .map(([id]) => id)
        .sort();
    return { answered: inState("open"), silent: inState("broken") };
  }

  close(): void {
    this.#closed = true;
    for (const { abort } of this.#taps.values()) abort.abort();
    this.#taps.clear();
  }

  #isDue({ state, brokenAtMs }: Tap): boolean {
    return state === "broken" && this.#options.nowMs() - brokenAtMs >= RETRY_MS;
  }

  #open({ id, boot, adminUrl }: NodeRow): void {
    const tap: Tap = { boot, abort: new AbortController(), state: "connecting", brokenAtMs: 0 };
    this.#taps.set(id, tap);
    void this.#read(adminUrl, tap)
      .catch(() => undefined)
      .finally(() => {
        tap.state = "broken";
        tap.brokenAtMs = this.#options.nowMs();
      });
  }

  async #read(adminUrl: string, tap: Tap): Promise<void> {
    const { clients, input, onBatch } = this.#options;
    const { signal } = tap.abort;
    const onOpen = () => {
      tap.state = "open";
    };
    for await (const batch of clients.tap(adminUrl, input, { signal, onOpen })) {
      if (!signal.aborted) onBatch(batch);
    }
  }
}
