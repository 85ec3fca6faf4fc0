import type { TapEvent, TraceHop } from "@tidewire/protocol/cluster/tap";
import { cutPayload, matches, type TapFilter } from "./tap-filter.ts";
import { TapListener } from "./tap-listener.ts";

/** What somebody who opens the inspector sees at once; broadcasts are left out because they would push out the rest. */
const RECENT_EVENTS = 200;

/** What a module reports; the tap adds identity and, unless given, the time. */
export type TapReport = Omit<TapEvent, "id" | "node" | "atMs"> & { atMs?: number };

/**
 * The node's own witness: modules report what happened, the inspector listens. Costs one map lookup per project when
 * nobody listens: callers ask `wants` before they build a report of something frequent (broadcast, change, presence).
 * Rare things (join, leave, refusal, close, system) are always reported and the last 200 per project are kept.
 */
export class Tap {
  readonly #node: string;
  readonly #boot: string;
  readonly #nowMs: () => number;
  readonly #listeners = new Map<string, Set<TapListener>>();
  readonly #recent = new Map<string, TapEvent[]>();
  readonly #tracing = new Set<TapListener>();
  #counter = 0;

  #onTracing: () => void = () => {};

  constructor({ node, boot, nowMs }: { node: string; boot: string; nowMs: () => number }) {
    this.#node = node;
    this.#boot = boot;
    this.#nowMs = nowMs;
  }

  /** Whether anybody watches this project now. */
  wants(ref: string): boolean {
    return this.#listeners.has(ref);
  }

  /** Told when somebody begins to trace. */
  onTracing(listener: () => void): void {
    this.#onTracing = listener;
  }

  /** Projects whose broadcasts are traced from here. */
  tracedRefs(): string[] {
    return [...new Set([...this.#tracing].flatMap(({ tracesRef }) => tracesRef ?? []))];
  }

  wantsTrace(room: { ref: string; topic: string }): boolean {
    if (this.#tracing.size === 0) return false;
    return [...this.#tracing].some((listener) => listener.wantsTrace(room));
  }

  trace(hop: TraceHop): void {
    for (const listener of this.#tracing) listener.offerTrace(hop);
  }

  emit(report: TapReport): void {
    const event: TapEvent = {
      ...cutPayload(report),
      id: `${this.#boot}-${(++this.#counter).toString(36).padStart(8, "0")}`,
      node: this.#node,
      atMs: report.atMs ?? this.#nowMs(),
    };
    if (event.kind !== "broadcast") this.#remember(event);
    const listeners = this.#listeners.get(event.ref);
    if (listeners === undefined) return;
    for (const listener of listeners) listener.offer(event);
  }

  /** The last events of a project that match, oldest first. Never broadcasts. */
  recent(filter: TapFilter): TapEvent[] {
    return (this.#recent.get(filter.ref) ?? []).filter((event) => matches(event, filter));
  }

  /** The caller closes the listener. It begins with the recent events. */
  open(filter: TapFilter, { maxPerSecond }: { maxPerSecond: number }): TapListener {
    const listener = new TapListener(filter, {
      maxPerSecond,
      nowMs: this.#nowMs,
      onClose: () => this.#forgetListener(filter.ref, listener),
    });
    for (const event of this.recent(filter)) listener.offer(event);
    const listeners = this.#listeners.get(filter.ref) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(filter.ref, listeners);
    if (filter.trace === true) {
      this.#tracing.add(listener);
      this.#onTracing();
    }
    return listener;
  }

  /** Drops what is remembered of a deleted project. */
  forget(ref: string): void {
    this.#recent.delete(ref);
  }

  close(): void {
    for (const listeners of this.#listeners.values()) for (const listener of [...listeners]) listener.close();
  }

  #remember(event: TapEvent): void {
    const events = this.#recent.get(event.ref) ?? [];
    events.push(event);
    if (events.length > RECENT_EVENTS) events.shift();
    this.#recent.set(event.ref, events);
  }

  #forgetListener(ref: string, listener: TapListener): void {
    this.#tracing.delete(listener);
    const listeners = this.#listeners.get(ref);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(ref);
  }
}

export type { TapFilter };
