import { Refusal } from "@tidewire/protocol/errors";
import type { Clock } from "../clock.ts";
import { DeadlineExceeded } from "../deadline.ts";
import { createDeferred, type Deferred } from "../deferred.ts";
import { isConnectionLost } from "../wal/postgres-error.ts";
import type { Session } from "../wal/session.ts";
import { toDatabaseRefusal } from "./database-refusal.ts";
import { Backlog } from "./pool-backlog.ts";
import { openConnection, type PoolConnection } from "./pool-connection.ts";

/** A connection nobody has used for this long goes back to the database. */
const IDLE_CLOSE_MS = 30_000;
/** After a failed connect, further attempts within this time are refused at once instead of hammering the database. */
const RECONNECT_PAUSE_MS = 250;

/** Whoever comes back sooner makes the queue longer and nothing else. */
const RETRY_AFTER_MIN_MS = 100;

/** The change stream goes first: rows wait for nobody's join. Upkeep waits for all others. */
export type Lane = "stream" | "check" | "upkeep";

export interface WorkOptions {
  lane: Lane;
  /** From now, waiting included. */
  deadlineMs: number;
  /** Named by a refusal. */
  stage: string;
}

export interface PoolGauges {
  size: number;
  inUse: number;
  queued: number;
  /** Exponentially weighted, of recent work. */
  waitMs: number;
  workMs: number;
}

interface PoolOptions {
  databaseUrl: string;
  name: string;
  size: number;
  clock: Clock;
}

interface Job<T = unknown> extends WorkOptions {
  run(session: Session): Promise<T>;
  done: Deferred<T>;
  startedAtMs: number;
}

/**
 * The project's whole budget of ordinary database connections (promise P1): never more than `size`, opened when needed,
 * given back when idle. Work waits in a bounded queue and is refused at its deadline, with the time it waited and an
 * estimate of when it is worth trying again. A busy pool touches nothing that is already open.
 */
export class HomePool {
  readonly #options: PoolOptions;
  readonly #backlog = new Backlog<Job>();
  readonly #idle: PoolConnection[] = [];
  readonly #open = new Set<PoolConnection>();
  #size: number;
  #opening = 0;
  #inUse = 0;
  #waitMs = 0;
  #workMs = 0;
  #refuseUntilMs = 0;
  #lastFailure: unknown;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#size = options.size;
  }

  get gauges(): PoolGauges {
    const { length: queued } = this.#backlog;
    return { size: this.#size, inUse: this.#inUse, queued, waitMs: this.#waitMs, workMs: this.#workMs };
  }

  /** Takes effect as connections become free. */
  resize(size: number): void {
    this.#size = size;
    this.#dispatch();
  }

  /**
   * Runs `work` on a connection of its own. A transaction that it leaves open is rolled back.
   *
   * @throws Refusal when no connection was free in time, the database is away, or the statement was cancelled; other
   * errors of Postgres as they are
   */
  run<T>(options: WorkOptions, work: (session: Session) => Promise<T>): Promise<T> {
    const startedAtMs = this.#now();
    if (this.#closed)
      return Promise.reject(this.#refusal(options.stage, startedAtMs, new Error("the pool is closed")));
    const job: Job<T> = { ...options, run: work, done: createDeferred<T>(), startedAtMs };
    if (!this.#backlog.add(job as Job)) return Promise.reject(this.#busy(job as Job));
    const timer = this.#options.clock.after(options.deadlineMs, () => {
      if (this.#backlog.remove(job as Job)) job.done.reject(this.#busy(job as Job));
    });
    this.#dispatch();
    return job.done.promise.finally(() => timer.stop());
  }

  /** Refuses what waits and ends every connection, also those at work. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#refuseWaiting(new Error("the pool is closed"));
    await Promise.all([...this.#open].map((connection) => connection.close()));
  }

  #dispatch(): void {
    while (this.#backlog.length > 0 && this.#inUse + this.#opening < this.#size) {
      const connection = this.#idle.pop();
      if (connection === undefined) {
        if (!this.#mayConnect()) return;
        void this.#connect();
        return;
      }
      connection.idleTimer?.stop();
      const job = this.#backlog.take();
      if (job === undefined) return void this.#rest(connection);
      void this.#work(connection, job);
    }
  }

  #mayConnect(): boolean {
    if (this.#now() >= this.#refuseUntilMs) return true;
    this.#refuseWaiting(this.#lastFailure);
    return false;
  }

  async #connect(): Promise<void> {
    this.#opening++;
    try {
      const connection = await openConnection(this.#options, (lost) => this.#forget(lost));
      this.#open.add(connection);
      if (this.#closed) return void (await connection.close());
      this.#rest(connection);
    } catch (error) {
      this.#lastFailure = error;
      this.#refuseUntilMs = this.#now() + RECONNECT_PAUSE_MS;
      this.#refuseWaiting(error);
    } finally {
      this.#opening--;
    }
    this.#dispatch();
  }

  async #work(connection: PoolConnection, job: Job): Promise<void> {
    this.#inUse++;
    const beganAtMs = this.#now();
    this.#waitMs = smooth(this.#waitMs, beganAtMs - job.startedAtMs);
    const leftMs = Math.max(1, job.startedAtMs + job.deadlineMs - beganAtMs);
    try {
      job.done.resolve(await connection.run(job.run, leftMs));
    } catch (error) {
      // What Postgres refused keeps its own error: only the asker knows what it means.
      const isRefused = isConnectionLost(error) || error instanceof DeadlineExceeded;
      job.done.reject(isRefused ? this.#refusal(job.stage, job.startedAtMs, error) : error);
    } finally {
      this.#inUse--;
      this.#workMs = smooth(this.#workMs, this.#now() - beganAtMs);
      if (connection.usable) this.#rest(connection);
      else this.#forget(connection);
      this.#dispatch();
    }
  }

  #rest(connection: PoolConnection): void {
    if (this.#open.size > this.#size) return void connection.close();
    this.#idle.push(connection);
    connection.idleTimer = this.#options.clock.after(IDLE_CLOSE_MS, () => void connection.close());
  }

  #forget(connection: PoolConnection): void {
    connection.idleTimer?.stop();
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #refuseWaiting(error: unknown): void {
    for (const job of this.#backlog.drain())
      job.done.reject(this.#refusal(job.stage, job.startedAtMs, error));
  }

  #refusal(stage: string, startedAtMs: number, error: unknown): Refusal {
    const elapsedMs = this.#now() - startedAtMs;
    return toDatabaseRefusal(error, { stage, elapsedMs, retryAfterMs: RECONNECT_PAUSE_MS });
  }

  #busy(job: Job): Refusal {
    const elapsedMs = Math.round(this.#now() - job.startedAtMs);
    const drainMs = ((this.#backlog.length + 1) * this.#workMs) / Math.max(this.#size, 1);
    const retryAfterMs = Math.max(RETRY_AFTER_MIN_MS, Math.ceil(drainMs));
    return new Refusal("IncreaseConnectionPool", { stage: "pool", elapsedMs, retryAfterMs });
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}

function smooth(average: number, value: number): number {
  return average + (value - average) * 0.1;
}
