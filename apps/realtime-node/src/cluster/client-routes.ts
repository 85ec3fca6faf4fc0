import type { Misroute } from "@tidewire/protocol/cluster/inspect";
import type { Clock, Timer } from "../clock.ts";
import { type Distance, isForgotten, judgeRoute, type RouteWatch } from "./misroute.ts";

const SWEEP_MS = 30_000;
/** A client costs about 200 bytes; one more than this is not watched, which costs only its alert. */
const CLIENTS_MAX = 10_000;

/** What a client says that it has measured. */
export interface ClientReport {
  ref: string;
  /** The client's own name for itself. */
  who: string;
  here: Distance;
  others: readonly Distance[];
}

interface Watched {
  ref: string;
  who: string;
  watch: RouteWatch;
}

interface Options {
  clock: Clock;
  onMisroute(misroute: Misroute, change: "began" | "ended"): void;
}

/**
 * Whether clients are served from their nearest region. Only a client can know how far it is from a region in which it is
 * not connected, so this rests on what clients report. The owner closes it.
 */
export class ClientRoutes {
  readonly #options: Options;
  readonly #clients = new Map<string, Watched>();
  readonly #timer: Timer;

  constructor(options: Options) {
    this.#options = options;
    this.#timer = options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** @returns the misroute, when this report is the last of a minute that all say so */
  report({ ref, who, here, others }: ClientReport): Misroute | undefined {
    const key = `${ref}/${who}`;
    const known = this.#clients.get(key);
    if (known === undefined && this.#clients.size >= CLIENTS_MAX) return undefined;
    const { watch, change } = judgeRoute(known?.watch, here, others, this.#options.clock.monotonicMs());
    const client = { ref, who, watch };
    this.#clients.set(key, client);
    if (change === "began") this.#options.onMisroute(this.#toMisroute(client), change);
    else if (change === "ended" && known !== undefined)
      this.#options.onMisroute(this.#toMisroute(known), change);
    return watch.isMisrouted ? this.#toMisroute(client) : undefined;
  }

  misroutes(): Misroute[] {
    return [...this.#clients.values()].flatMap((client) =>
      client.watch.isMisrouted ? [this.#toMisroute(client)] : [],
    );
  }

  close(): void {
    this.#timer.stop();
    this.#clients.clear();
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [key, client] of this.#clients) {
      if (!isForgotten(client.watch, nowMs)) continue;
      this.#clients.delete(key);
      if (client.watch.isMisrouted) this.#options.onMisroute(this.#toMisroute(client), "ended");
    }
  }

  #toMisroute({ ref, who, watch: { here, better, sinceMs } }: Watched): Misroute {
    const { clock } = this.#options;
    return {
      kind: "client",
      ref,
      who,
      region: here.region,
      rttMs: here.rttMs,
      betterRegion: better?.region ?? "",
      betterRttMs: better?.rttMs ?? 0,
      sinceMs: clock.nowMs() - (clock.monotonicMs() - sinceMs),
    };
  }
}
