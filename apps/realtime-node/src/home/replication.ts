import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { Refusal } from "@tidewire/protocol/errors";
import type { Clock, Timer } from "../clock.ts";
import { within } from "../deadline.ts";
import type { Log } from "../log.ts";
import { formatLsn, LSN_ZERO, type Lsn, maxLsn } from "../wal/lsn.ts";
import { toReplicationRefusal } from "../wal/postgres-error.ts";
import { existingPublications, isStuckBeforePublication } from "../wal/publications.ts";
import type { Relation } from "../wal/row-change.ts";
import type { Session } from "../wal/session.ts";
import { skipToNow, slotName } from "../wal/slot.ts";
import { type StartPoint, WalStream } from "../wal/stream.ts";
import type { WalBatch } from "../wal/wal-queue.ts";
import { claimProject } from "./claim.ts";
import { Continuity } from "./continuity.ts";
import { NotElected, retryDelayMs } from "./election.ts";
import type { Former } from "./former-terms.ts";
import { handOn } from "./hand-on.ts";
import type { LostSpan } from "./lost-span.ts";
import type { Outages } from "./outages.ts";
import { pause } from "./pause.ts";
import { StreamProbe } from "./stream-probe.ts";
import { watchStream } from "./watch-stream.ts";

/** Larger batches mean fewer questions to Postgres; this many are still rendered within one turn of the event loop. */
const BATCH_EVENTS_MAX = 1_000;
const ASK_DEADLINE_MS = 2_000;
const CLOSE_PATIENCE_MS = 1_000;

/** One time of being home. A home that comes back before anybody else was elected goes on with its old term. */
export interface Term {
  epoch: number;
  /** The slot is new: nothing committed before `fromLsn` can be had any more. */
  slotCreated: boolean;
  /** The database has gone back in time: positions begin anew. */
  isRewound: boolean;
  fromLsn: Lsn;
}

export type ReplicationState =
  | { kind: "connecting" }
  | { kind: "streaming" }
  | { kind: "lost"; refusal: Refusal }
  | { kind: "stopped" };

/** How the first attempt ended: this node is the home, another one is, or the database cannot be streamed from. */
export type FirstOutcome = "elected" | "elsewhere" | "unreachable";

interface Options {
  ref: string;
  databaseUrl: string;
  publications: readonly string[];
  clock: Clock;
  log: Log;
  isWanted(relation: Relation): boolean;
  /** In the session that holds the lock, before it streams; may take its time, Postgres keeps everything meanwhile. */
  onTerm(session: Session, term: Term, onElected: () => void): Promise<void>;
  /** Resolves when the batch is with the bus. */
  publish(batch: WalBatch): Promise<void>;
  /** Runs work on an ordinary connection. */
  ask<T>(work: (session: Session) => Promise<T>, deadlineMs: number): Promise<T>;
  notify(notice: HomeNotice): void;
  /** How far changes had come before this term. */
  former: Former;
  /** Changes that nobody will be given; the nodes have been told. */
  onLost(lost: LostSpan): void;
}

/**
 * Keeps one project's change stream alive: stands for election, makes the slot, hands batches on, acknowledges them,
 * notices a loss within a second, comes back from 100 ms to 5 s after it, and tells the nodes about both (promise P6).
 *
 * ```text
 * connecting -> streaming -> lost -> streaming -> ...      any -> stopped (closed, or another node was elected)
 * ```
 */
export class Replication {
  readonly slot: string;
  readonly #continuity: Continuity;
  readonly #options: Options;
  readonly #stop = new AbortController();
  #state: ReplicationState = { kind: "connecting" };
  #stream: WalStream | null = null;
  #probe: StreamProbe | null = null;
  #term: Term | null = null;
  /** The nodes know of the term: its beginning may fail with the session, and is then begun again. */
  #hasBegun = false;
  #ackedLsn: Lsn = LSN_ZERO;
  #unwantedLsn: Lsn = LSN_ZERO;
  #turn: Promise<unknown> = Promise.resolve();
  #ended: Promise<void> = Promise.resolve();
  #attempt = 0;
  #isRestart = false;
  #isGivingUp = false;

  constructor(options: Options) {
    this.#options = options;
    this.slot = slotName(options.ref);
    this.#continuity = new Continuity(options.ref);
  }

  get outages(): Outages {
    return this.#continuity.outages;
  }

  get state(): ReplicationState {
    return this.#state;
  }

  get term(): Term | null {
    return this.#term;
  }

  /** Up to here everything has been handed on. */
  get ackedLsn(): Lsn {
    return maxLsn(this.#ackedLsn, this.#stream?.ackedLsn ?? LSN_ZERO);
  }

  /** Commit of the last row of this term that was not read, because nobody wanted it. */
  get unwantedLsn(): Lsn {
    return maxLsn(this.#unwantedLsn, this.#stream?.unwantedLsn ?? LSN_ZERO);
  }

  get lagMs(): number | undefined {
    return this.#probe?.lagMs;
  }

  /** Who sends the stream, and how long it has said nothing. */
  get sender(): ReplicationSnapshot["sender"] {
    if (this.#stream === null) return undefined;
    const { senderPid: pid, heardAtMs, isPaused: paused } = this.#stream;
    return { pid, silentMs: Math.round(this.#options.clock.monotonicMs() - heardAtMs), paused };
  }

  /**
   * Begins, and goes on until {@link close} or until another node is elected.
   *
   * @param onFirstOutcome called once, when the first attempt has ended
   */
  run(onFirstOutcome: (outcome: FirstOutcome) => void): Promise<"closed" | "elsewhere"> {
    const running = this.#run(onFirstOutcome);
    this.#ended = running.then(
      () => undefined,
      () => undefined,
    );
    return running;
  }

  async #run(onFirstOutcome: (outcome: FirstOutcome) => void): Promise<"closed" | "elsewhere"> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#streamOnce(() => onFirstOutcome("elected"));
      } catch (error) {
        if (error instanceof NotElected) {
          this.#state = { kind: "stopped" };
          onFirstOutcome("elsewhere");
          return "elsewhere";
        }
        if (!this.#stop.signal.aborted && !this.#isRestart) await this.#onLost(error);
        onFirstOutcome("unreachable");
      }
      const pauseMs = this.#isRestart ? 0 : retryDelayMs(this.#attempt++, Math.random());
      await pause(pauseMs, this.#options.clock, this.#stop.signal);
      this.#isRestart = false;
    }
    onFirstOutcome("unreachable");
    return "closed";
  }

  /** Runs `work` while no batch is being handed on. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Starts the stream anew if other publications exist than it was started with; nothing is lost and nobody is told. */
  followPublications(): void {
    const { ask, publications, log, ref } = this.#options;
    const follow = async () => {
      const existing = await ask((session) => existingPublications(session, publications), ASK_DEADLINE_MS);
      if (this.#stream === null || existing.join() === this.#continuity.claim?.publications.join()) return;
      this.#isRestart = true;
      await this.#stream.close();
    };
    follow().catch((err: unknown) => log.warn({ err, ref }, "the publications could not be looked at"));
  }

  /** Drops the slot, whatever it holds; the stream begins again with a new one, and the loss is announced (issue 4). */
  giveUpSlot(): void {
    this.#isGivingUp = true;
    this.#stream?.abort(new Error("the slot retained more than the project allows and was given up"));
  }

  /**
   * Finishes the batch at hand, acknowledges it and gives the lock back. A batch that takes longer than a second is left
   * to the next home, which is given it again.
   */
  async close(): Promise<void> {
    this.#stop.abort();
    const bound = { timeoutMs: CLOSE_PATIENCE_MS, clock: this.#options.clock };
    await within("the batch at hand", this.#turn, bound).catch(() => undefined);
    await this.#stream?.close();
    await within("the last attempt", this.#ended, bound).catch(() => undefined);
    this.#state = { kind: "stopped" };
  }

  async #streamOnce(onElected: () => void): Promise<void> {
    const { databaseUrl, clock, isWanted } = this.#options;
    const prepare = (session: Session) => this.#prepare(session, onElected);
    const stream = await WalStream.open({ databaseUrl, slot: this.slot, clock, isWanted, prepare });
    this.#stream = stream;
    const timers = this.#onStreaming(stream);
    try {
      if (this.#stop.signal.aborted) return;
      await this.#pump(stream);
    } finally {
      for (const timer of timers) timer.stop();
      this.#ackedLsn = this.ackedLsn;
      this.#unwantedLsn = this.unwantedLsn;
      this.#continuity.handedOn(this.#ackedLsn);
      this.#stream = null;
      this.#probe = null;
      await stream.close();
    }
  }

  async #prepare(session: Session, onElected: () => void): Promise<StartPoint> {
    const { ref, clock, ask, onTerm, publications } = this.#options;
    const before = this.#continuity.history;
    const wanted = { ref, slot: this.slot, publications, isGivenUp: this.#isGivingUp, before };
    const claim = await claimProject(session, wanted);
    // From here on this node is the home, and says so, although nothing streams yet.
    this.#state = { kind: "connecting" };
    this.#isGivingUp = false;
    const { fromLsn, created } = claim.slot;
    const goesOn = this.#continuity.resume(claim);
    const askProbe = (work: (session: Session) => Promise<unknown>) => ask(work, ASK_DEADLINE_MS);
    this.#probe = new StreamProbe({ ref, clock, ask: askProbe }, claim.serverVersion);
    this.#ackedLsn = fromLsn;
    if (!goesOn || !this.#hasBegun) {
      const { isRewound } = this.#continuity;
      this.#unwantedLsn = LSN_ZERO;
      this.#hasBegun = false;
      this.#term = { epoch: claim.epoch, slotCreated: created !== null, isRewound, fromLsn };
      await onTerm(session, this.#term, onElected);
      this.#hasBegun = true;
    }
    onElected();
    return { publications: claim.publications, confirmedLsn: fromLsn };
  }

  #onStreaming(stream: WalStream): Timer[] {
    const { clock, log, ref } = this.#options;
    this.#attempt = 0;
    this.#state = { kind: "streaming" };
    log.info({ ref, slot: this.slot, fromLsn: formatLsn(stream.ackedLsn) }, "changes are streaming");
    return this.#probe === null ? [] : watchStream(stream, this.#probe, clock);
  }

  async #pump(stream: WalStream): Promise<never> {
    for (;;) {
      const batch = await stream.next(BATCH_EVENTS_MAX);
      if (batch === null) throw await stream.ended;
      await this.exclusively(() => handOn(stream, batch, { ...this.#options, signal: this.#stop.signal }));
      if (batch.messages.some((message) => this.#probe?.isBack(message))) this.#onCaughtUp();
    }
  }

  /** A probe has come all the way: everything committed before this stream began has been handed on. */
  #onCaughtUp(): void {
    const { notify, clock, log, ref, onLost, former } = this.#options;
    const { notice, lost } = this.#continuity.caughtUp(clock.nowMs(), former);
    if (notice === null) return;
    const { fromLsn, toLsn, complete } = notice;
    log.info({ ref, fromLsn, toLsn, complete }, "changes have caught up");
    notify(notice);
    if (lost !== null) onLost(lost);
  }

  async #onLost(error: unknown): Promise<void> {
    const { notify, clock, log, ref } = this.#options;
    const refusal = toReplicationRefusal(error, "stream");
    this.#state = { kind: "lost", refusal };
    const code = "ReplicationConnectionDown";
    log.warn({ err: refusal, code, ref, attempt: this.#attempt }, "changes have stopped");
    const notice = this.outages.begin(refusal.message, { lsn: this.ackedLsn, nowMs: clock.nowMs() });
    if (notice !== null) notify(notice);
    if (isStuckBeforePublication(error)) await this.#skipUnreadable();
  }

  async #skipUnreadable(): Promise<void> {
    const { ask, log, ref } = this.#options;
    try {
      this.#continuity.skip(await ask((session) => skipToNow(session, this.slot), ASK_DEADLINE_MS));
    } catch (error) {
      log.warn({ err: error, ref }, "the slot could not be moved past the birth of a publication");
    }
  }
}
