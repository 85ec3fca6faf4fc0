import { subjects } from "@tidewire/protocol/cluster/subjects";
import { TraceWanted } from "@tidewire/protocol/cluster/trace-wanted";
import type { Bus, Subscription } from "../bus/bus.ts";
import type { Clock, Timer } from "../clock.ts";

/** Said again this often, so that a node that starts meanwhile learns of it. */
const SAID_EVERY_MS = 2_000;
/** Whoever asked and died is forgotten after this. */
const VALID_MS = 5_000;

interface Options {
  bus: Pick<Bus, "publish" | "subscribe">;
  clock: Clock;
  tap: { tracedRefs(): string[]; onTracing(listener: () => void): void };
}

/** Which projects somebody traces, on any node: the node that accepts a broadcast must know, to note its first steps. */
export class TraceInterest {
  readonly #options: Options;
  readonly #untilMs = new Map<string, number>();
  readonly #subscription: Subscription;
  readonly #timer: Timer;

  constructor(options: Options) {
    const { bus, clock, tap } = options;
    this.#options = options;
    this.#subscription = bus.subscribe(subjects.traceWanted(), ({ data }) => this.#onWanted(data));
    this.#timer = clock.every(SAID_EVERY_MS, () => this.#say());
    tap.onTracing(() => this.#say());
  }

  wants(ref: string): boolean {
    if (this.#untilMs.size === 0) return false;
    const untilMs = this.#untilMs.get(ref);
    if (untilMs === undefined) return false;
    if (this.#options.clock.monotonicMs() < untilMs) return true;
    this.#untilMs.delete(ref);
    return false;
  }

  close(): void {
    this.#timer.stop();
    this.#subscription.unsubscribe();
  }

  #say(): void {
    const { bus, clock, tap } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [ref, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(ref);
    const refs = tap.tracedRefs();
    if (refs.length === 0) return;
    bus.publish(subjects.traceWanted(), new TextEncoder().encode(JSON.stringify({ refs })));
  }

  #onWanted(data: Uint8Array): void {
    const wanted = parseWanted(data);
    const untilMs = this.#options.clock.monotonicMs() + VALID_MS;
    for (const ref of wanted?.refs ?? []) this.#untilMs.set(ref, untilMs);
  }
}

function parseWanted(data: Uint8Array): TraceWanted | undefined {
  try {
    return TraceWanted.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return undefined;
  }
}
