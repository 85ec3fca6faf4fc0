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

/**
 * Questions of one kind go to a connection together, as many as the database answers in this time by recent measure: a
 * round trip each would cost more than the answers. Whatever else wants a connection waits no longer than this.
 */
const TOGETHER_MS = 20;
const TOGETHER_MAX = 32;

/**
 * The change stream goes first: rows wait for nobody's join. Channels that live go before those that would like to;
 * upkeep waits for all others.
 */
export type Lane = "stream" | "live" | "check" | "upkeep";

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

export interface Answers<A> {
  /** One for each question, in its order. */
  outcomes: readonly PromiseSettledResult<A>[];
  /** What they cost by the clock of the database: a slow way there is no reason to ask fewer together. */
  databaseMs?: number;
}

/**
 * Answers questions of one kind, each by its own outcome, and leaves no transaction open. Rejects only for a reason
 * that concerns them all.
 */
export type AnswerAll<Q, A> = (session: Session, questions: readonly Q[]) => Promise<Answers<A>>;

interface Job extends WorkOptions {
  question: unknown;
  answerAll: AnswerAll<unknown, unknown>;
  done: Deferred<unknown>;
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
  /** Of one question among those that are asked together; unknown at first. */
  #questionMs = Number.POSITIVE_INFINITY;
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
    return this.ask(options, work, runAlone as AnswerAll<typeof work, T>);
  }

  /**
   * As {@link run}, for one of many questions of a kind: while they wait, they share a connection's next turn. Those
   * with the same `answerAll` are of one kind.
   */
  ask<Q, A>(options: WorkOptions, question: Q, answerAll: AnswerAll<Q, A>): Promise<A> {
    const startedAtMs = this.#now();
    if (this.#closed)
      return Promise.reject(this.#refusal(options.stage, startedAtMs, new Error("the pool is closed")));
    const done = createDeferred<A>();
    const job = { ...options, question, answerAll, done, startedAtMs } as unknown as Job;
    if (!this.#backlog.add(job)) return Promise.reject(this.#busy(job));
    const timer = this.#options.clock.after(options.deadlineMs, () => this.#onDeadline(job));
    this.#dispatch();
    return done.promise.finally(() => timer.stop());
  }

  /** Refuses what waits and ends every connection, also those at work. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#refuseWaiting(new Error("the pool is closed"));
    await Promise.all([...this.#open].map((connection) => connection.close()));
  }

  #dispatch(): void {
    while (this.#backlog.length > 0 && this.#inUse < this.#size) {
      const connection = this.#takeIdle();
      if (connection === undefined) {
        if (this.#open.size + this.#opening < this.#size && this.#mayConnect()) void this.#connect();
        return;
      }
      const job = this.#backlog.take();
      if (job === undefined) return void this.#rest(connection);
      void this.#work(connection, [job, ...this.#matesOf(job)]);
    }
  }

  #takeIdle(): PoolConnection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.usable) continue;
      idle.idleTimer?.stop();
      return idle;
    }
    return undefined;
  }

  #matesOf({ lane, answerAll }: Job): Job[] {
    if (answerAll === runAlone) return [];
    const fair = Math.ceil((this.#backlog.length + 1) / Math.max(this.#size, 1));
    const quick = Math.min(TOGETHER_MAX, Math.floor(TOGETHER_MS / this.#questionMs));
    return this.#backlog.takeWhile(lane, (other) => other.answerAll === answerAll, Math.min(fair, quick) - 1);
  }

  /** Waiting or at work: its asker waits no longer. */
  #onDeadline(job: Job): void {
    if (this.#backlog.remove(job)) job.done.reject(this.#busy(job));
    else {
      const late = new DeadlineExceeded("a database query", job.deadlineMs);
      job.done.reject(this.#refusal(job.stage, job.startedAtMs, late));
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
      const connection = await openConnection(this.#options, (gone) => this.#forget(gone));
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

  /** The first of `jobs` and its mates, in one turn of the connection. */
  async #work(connection: PoolConnection, jobs: readonly [Job, ...Job[]]): Promise<void> {
    this.#inUse++;
    const beganAtMs = this.#now();
    for (const { startedAtMs } of jobs) this.#waitMs = smooth(this.#waitMs, beganAtMs - startedAtMs);
    const dueAtMs = Math.max(...jobs.map(({ startedAtMs, deadlineMs }) => startedAtMs + deadlineMs));
    const questions = jobs.map(({ question }) => question);
    const [{ answerAll }] = jobs;
    try {
      const work = (session: Session) => answerAll(session, questions);
      const { outcomes, databaseMs } = await connection.run(work, Math.max(1, dueAtMs - beganAtMs));
      for (const [index, job] of jobs.entries()) settle(job, outcomes[index]);
      if (databaseMs !== undefined) this.#noteQuestions(databaseMs / jobs.length);
    } catch (error) {
      // What Postgres refused keeps its own error: only the asker knows what it means.
      const isRefused = isConnectionLost(error) || error instanceof DeadlineExceeded;
      for (const { done, stage, startedAtMs } of jobs)
        done.reject(isRefused ? this.#refusal(stage, startedAtMs, error) : error);
    } finally {
      this.#inUse--;
      this.#workMs = smooth(this.#workMs, (this.#now() - beganAtMs) / jobs.length);
      if (connection.usable) this.#rest(connection);
      this.#dispatch();
    }
  }

  #noteQuestions(eachMs: number): void {
    this.#questionMs = Number.isFinite(this.#questionMs) ? smooth(this.#questionMs, eachMs) : eachMs;
  }

  #rest(connection: PoolConnection): void {
    if (this.#open.size > this.#size) return void connection.close();
    this.#idle.push(connection);
    connection.idleTimer = this.#options.clock.after(IDLE_CLOSE_MS, () => void connection.close());
  }

  /** Only now may another take its place: until then Postgres counts it, and so does the budget. */
  #forget(connection: PoolConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#dispatch();
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

const runAlone: AnswerAll<(session: Session) => Promise<unknown>, unknown> = async (session, questions) => ({
  outcomes: await Promise.all(
    questions.map(async (work) => ({ status: "fulfilled" as const, value: await work(session) })),
  ),
});

function settle({ done }: Job, outcome: PromiseSettledResult<unknown> | undefined): void {
  if (outcome?.status === "fulfilled") done.resolve(outcome.value);
  else done.reject(outcome?.reason ?? new Error("a question was left without an answer"));
}

function smooth(average: number, value: number): number {
  return average + (value - average) * 0.1;
}
