import { Histogram, type Registry } from "prom-client";

/** Supabase's, in milliseconds (protocol 10). */
const BUCKETS = [10, 250, 5_000, 15_000];

/** What a home tells of the work it does in a project's database. */
export interface HomeMeter {
  /** One check of policies that reached the database, with its wait for a connection. Cached answers do not count. */
  authorized(ref: string, action: "read" | "write", ms: number): void;
  replayed(ref: string, ms: number): void;
}

/** When a row of `realtime.messages` was written, by the database's clock; epoch milliseconds. */
export interface MessageTimes {
  committedMs: number;
  insertedMs: number;
}

/** Durations of a home's work, under Supabase's names. */
export class HomeMetrics implements HomeMeter {
  readonly #checks: Record<"read" | "write", Histogram<"tenant">>;
  readonly #replay: Histogram<"tenant">;
  readonly #sinceCommit: Histogram<"tenant">;
  readonly #sinceInsert: Histogram<"tenant">;

  constructor(registry: Registry) {
    const histogram = (name: string, help: string) =>
      new Histogram({ name, help, labelNames: ["tenant"], buckets: BUCKETS, registers: [registry] });
    this.#checks = {
      read: histogram(
        "realtime_tenants_read_authorization_check",
        "Milliseconds to ask who may read a topic",
      ),
      write: histogram(
        "realtime_tenants_write_authorization_check",
        "Milliseconds to ask who may write to a topic",
      ),
    };
    this.#replay = histogram("realtime_tenants_replay", "Milliseconds to read messages for a replay");
    const name = "realtime_tenants_broadcast_from_database_latency";
    this.#sinceCommit = histogram(`${name}_committed_at`, "Milliseconds from commit to broadcast");
    this.#sinceInsert = histogram(`${name}_inserted_at`, "Milliseconds from insert to broadcast");
  }

  authorized(ref: string, action: "read" | "write", ms: number): void {
    this.#checks[action].observe({ tenant: ref }, ms);
  }

  replayed(ref: string, ms: number): void {
    this.#replay.observe({ tenant: ref }, ms);
  }

  /** The database's clock may be ahead of this node's: never less than nothing. */
  broadcast(ref: string, { committedMs, insertedMs }: MessageTimes, nowMs: number): void {
    this.#sinceCommit.observe({ tenant: ref }, Math.max(0, nowMs - committedMs));
    this.#sinceInsert.observe({ tenant: ref }, Math.max(0, nowMs - insertedMs));
  }
}
