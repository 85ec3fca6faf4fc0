import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EventLoopWindow } from "./event-loop.ts";

/** Supabase's buckets for payload sizes in bytes (protocol 10). */
const PAYLOAD_BUCKETS = [
  250, 500, 1_000, 3_000, 5_000, 10_000, 25_000, 100_000, 500_000, 1_000_000, 3_000_000,
];

/** PromEx's, of which Supabase's are (protocol 10). */
const HANDSHAKE_BUCKETS_MS = [10, 100, 500, 1_000, 5_000, 10_000];

export type PayloadKind = "broadcast" | "presence" | "postgres_changes";

/** Numbers of one instant that somebody else keeps; asked for once per scrape. */
export interface ProcessReadings {
  eventLoop: EventLoopWindow;
  controlDatabaseOk: boolean;
  peers: Readonly<Record<string, number>>;
}

/**
 * The Prometheus registry of one node. Names are Supabase's where the meaning is the same (protocol 10), ours start
 * with `tidewire_`. Labels are bounded: `tenant` by the projects this node serves, `code` by the error table; a ref
 * that a stranger made up is never a label.
 *
 * A module with instruments of its own makes them on `registry`.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #errors: Counter<"tenant" | "code">;
  readonly #globalErrors: Counter<"code">;
  readonly #payloads: Histogram<"message_type">;
  readonly #tenantPayloads: Histogram<"tenant" | "message_type">;
  readonly #handshakes: Histogram<"result" | "transport">;

  constructor(labels: { node: string; region: string }) {
    this.registry.setDefaultLabels(labels);
    const registers = [this.registry];
    this.#errors = new Counter({
      name: "realtime_channel_error",
      help: "Refusals told to clients of a project",
      labelNames: ["tenant", "code"],
      registers,
    });
    this.#globalErrors = new Counter({
      name: "realtime_channel_global_error",
      help: "Refusals told to clients, unknown projects included",
      labelNames: ["code"],
      registers,
    });
    this.#payloads = new Histogram({
      name: "realtime_payload_size",
      help: "Bytes of accepted payloads",
      labelNames: ["message_type"],
      buckets: PAYLOAD_BUCKETS,
      registers,
    });
    this.#tenantPayloads = new Histogram({
      name: "realtime_tenants_payload_size",
      help: "Bytes of accepted payloads of a project",
      labelNames: ["tenant", "message_type"],
      buckets: PAYLOAD_BUCKETS,
      registers,
    });
    this.#handshakes = new Histogram({
      name: "phoenix_socket_connected_duration_milliseconds",
      help: "Time from an upgrade's request to the decision about it",
      labelNames: ["result", "transport"],
      buckets: HANDSHAKE_BUCKETS_MS,
      registers,
    });
  }

  /** @param ref of a project this node knows; undefined for a refusal before the project was found */
  refused(ref: string | undefined, code: string): void {
    this.#globalErrors.inc({ code });
    if (ref !== undefined) this.#errors.inc({ tenant: ref, code });
  }

  /** @param ref of a project this node knows */
  payload(ref: string, kind: PayloadKind, bytes: number): void {
    this.#payloads.observe({ message_type: kind }, bytes);
    this.#tenantPayloads.observe({ tenant: ref, message_type: kind }, bytes);
  }

  handshake(result: "ok" | "error", ms: number): void {
    this.#handshakes.observe({ result, transport: "websocket" }, ms);
  }

  watchProcess(read: () => ProcessReadings): void {
    const registers = [this.registry];
    new Gauge({
      name: "tidewire_event_loop_delay_seconds",
      help: "How late timers run, over the last five seconds",
      labelNames: ["quantile"],
      registers,
      collect() {
        const { p50Ms, p99Ms, maxMs } = read().eventLoop;
        this.set({ quantile: "0.5" }, p50Ms / 1_000);
        this.set({ quantile: "0.99" }, p99Ms / 1_000);
        this.set({ quantile: "1" }, maxMs / 1_000);
      },
    });
    new Gauge({
      name: "tidewire_control_database_up",
      help: "1 when the control database answered last time; the node serves on without it",
      registers,
      collect() {
        this.set(read().controlDatabaseOk ? 1 : 0);
      },
    });
    new Gauge({
      name: "tidewire_peers",
      help: "Other nodes by health, as this node sees them",
      labelNames: ["health"],
      registers,
      collect() {
        this.reset();
        for (const [health, count] of Object.entries(read().peers)) this.set({ health }, count);
      },
    });
    new Gauge({
      name: "tidewire_memory_bytes",
      help: "Memory of the process",
      labelNames: ["kind"],
      registers,
      collect() {
        const { rss, heapUsed, external } = process.memoryUsage();
        this.set({ kind: "rss" }, rss);
        this.set({ kind: "heap" }, heapUsed);
        this.set({ kind: "external" }, external);
      },
    });
  }

  /** Prometheus text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}
