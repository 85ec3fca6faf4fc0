import type { Socket } from "node:net";
import { LogicalReplicationService } from "pg-logical-replication";
import type { Clock, Timer } from "../clock.ts";
import { createDeferred } from "../deferred.ts";
import { formatLsn, type Lsn, maxLsn, toLsn } from "./lsn.ts";
import { LeanPgoutputPlugin } from "./output-plugin.ts";
import { PgoutputDecoder, type WalMessage } from "./pgoutput.ts";
import type { Relation } from "./row-change.ts";
import { type Session, sessionOf, TEXT_FORMAT, TEXT_VALUES } from "./session.ts";
import { TransactionAssembler } from "./transaction.ts";
import { type WalBatch, WalQueue } from "./wal-queue.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Covers the lock, the slot (whose creation may wait for writers) and whatever `prepare` waits for. */
const START_TIMEOUT_MS = 20_000;
/** Well below the smallest sensible wal_sender_timeout; its packet has 34 bytes. */
const STATUS_PERIOD_MS = 1_000;
/**
 * A home that hangs must lose its lock soon; one whose event loop is merely busy must not. In the session alone: the
 * server's own value is for its standbys.
 */
const SENDER_TIMEOUT_MS = 10_000;
/** A dead peer never answers the goodbye. */
const CLOSE_TIMEOUT_MS = 1_000;
/**
 * A dozen batches of ordinary rows: enough to keep the stream busy while one waits for Postgres. More would only grow old
 * in memory, and V8's collector is at its worst with what is neither new nor lasting.
 */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;

export interface StartPoint {
  publications: readonly string[];
  /** Everything up to here has been acknowledged before. */
  confirmedLsn: Lsn;
}

export interface WalStreamOptions {
  databaseUrl: string;
  slot: string;
  clock: Clock;
  /** Rows of other tables are counted but not read. Asked for each row, so that it may change at any time. */
  isWanted(relation: Relation): boolean;
  /** Runs in the replication session before it streams: takes the lock, makes the slot. A throw gives up the stream. */
  prepare(session: Session): Promise<StartPoint>;
  queuedBytesMax?: number;
  senderTimeoutMs?: number;
}

/**
 * One replication session, from its lock to its end; a broken one is replaced, never mended.
 *
 * Problem: what is acknowledged, Postgres forgets. pg-logical-replication acknowledges what was *received*: at once, or
 * on a timer that is on by default even with `auto: false`. Rows still on their way to clients would be lost with the
 * process. Here both are off, and nothing but {@link done} moves the slot, at the end of transactions. Its flow control
 * stops the answers to keepalives together with the rows, so that a slow consumer is cut off after wal_sender_timeout:
 * off too; this class pauses the socket itself, and a timer outside the queue keeps telling Postgres that we live.
 *
 * An idle database would keep the slot where it was and retain WAL of other databases: while nothing is in flight, the
 * positions of keepalives are acknowledged.
 */
export class WalStream {
  readonly #service: LogicalReplicationService;
  readonly #queue: WalQueue;
  readonly #assembler = new TransactionAssembler();
  readonly #clock: Clock;
  readonly #ended = createDeferred<Error>();
  #socket: Socket | undefined;
  #status: Timer | undefined;
  #wake: (() => void) | undefined;
  #paused = false;
  #inFlight = false;
  #isOver = false;
  #ackedLsn: Lsn;
  #keepaliveLsn: Lsn;
  #heardAtMs: number;
  #receivedMs = 0;
  #senderPid = 0;

  private constructor(options: WalStreamOptions) {
    this.#clock = options.clock;
    this.#queue = new WalQueue(options.queuedBytesMax ?? QUEUED_BYTES_MAX);
    this.#heardAtMs = options.clock.monotonicMs();
    this.#ackedLsn = toLsn(0n);
    this.#keepaliveLsn = this.#ackedLsn;
    this.#service = new LogicalReplicationService(
      {
        connectionString: options.databaseUrl,
        application_name: options.slot,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        types: TEXT_VALUES,
      },
      { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: false } },
    );
  }

  /**
   * Connects, prepares and starts to stream. The caller owns the stream and must close it.
   *
   * @throws what Postgres or pg say, or whatever `prepare` throws
   */
  static async open(options: WalStreamOptions): Promise<WalStream> {
    const stream = new WalStream(options);
    try {
      await stream.#start(options);
      return stream;
    } catch (error) {
      await stream.close();
      throw error;
    }
  }

  /** Settles with the reason when the stream is over, whoever ended it. */
  get ended(): Promise<Error> {
    return this.#ended.promise;
  }

  /** Up to here Postgres may forget. */
  get ackedLsn(): Lsn {
    return this.#ackedLsn;
  }

  /** By the monotonic clock: when Postgres last said anything. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Postgres' process at the other end. */
  get senderPid(): number {
    return this.#senderPid;
  }

  /** Commit of the last row that was received and not read, because nobody wanted it. */
  get unwantedLsn(): Lsn {
    return this.#assembler.unwantedLsn;
  }

  /** True while what was received waits for {@link next}: Postgres' silence then means nothing. */
  get isPaused(): boolean {
    return this.#paused;
  }

  get queued(): { events: number; bytes: number } {
    return { events: this.#queue.length, bytes: this.#queue.bytes };
  }

  /**
   * Waits for something to arrive and takes up to `eventsMax` events. Each batch must be passed to {@link done} before
   * the next is taken. Null once the stream is over; what was queued then is streamed again by the next one.
   */
  async next(eventsMax: number): Promise<WalBatch | null> {
    while (this.#queue.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#isOver) return null;
    this.#inFlight = true;
    const batch = this.#queue.take(eventsMax);
    if (this.#paused && this.#queue.isHalfEmpty) {
      this.#paused = false;
      this.#socket?.resume();
    }
    return batch;
  }

  /** The batch has been handed on: Postgres may forget the transactions that ended in it. */
  done(batch: WalBatch): void {
    this.#inFlight = false;
    if (batch.ackLsn === undefined) return;
    this.#ackedLsn = maxLsn(this.#ackedLsn, batch.ackLsn);
    this.#sendStatus();
  }

  /** Asks Postgres for a sign of life; it moves {@link heardAtMs}. */
  ping(): void {
    this.#sendStatus({ mustReply: true });
  }

  /** Gives the session up at once, because it is believed to be dead. The caller still closes it. */
  abort(reason: Error): void {
    this.#end(reason);
    this.#socket?.destroy();
  }

  /** Ends the session; what was not acknowledged stays in the slot. Returns within a second, also for a dead peer. */
  async close(): Promise<void> {
    this.#end(new Error("closed"));
    this.#sendGoodbye();
    const timeout = createDeferred<void>();
    const timer = this.#clock.after(CLOSE_TIMEOUT_MS, timeout.resolve);
    await Promise.race([this.#service.destroy().catch(() => undefined), timeout.promise]);
    timer.stop();
    this.#socket?.destroy();
  }

  async #start(options: WalStreamOptions): Promise<void> {
    const started = createDeferred<void>();
    const timer = this.#clock.after(START_TIMEOUT_MS, () =>
      started.reject(new Error(`the change stream did not start within ${START_TIMEOUT_MS} ms`)),
    );
    this.#service.on("start", () => started.resolve());
    this.#service.on("error", (error) => this.#end(error));
    const running = this.#service.subscribe(this.#plugin(options), options.slot);
    void running.then(
      () => this.#end(new Error("Postgres ended the stream")),
      (error: Error) => {
        started.reject(error);
        this.#end(error);
      },
    );
    try {
      await started.promise;
    } finally {
      timer.stop();
    }
    this.#status = this.#clock.every(STATUS_PERIOD_MS, () => this.#sendStatus());
  }

  #plugin(options: WalStreamOptions): LeanPgoutputPlugin {
    return new LeanPgoutputPlugin({
      decoder: new PgoutputDecoder(options.isWanted),
      prepare: async (client, socket) => {
        this.#socket = socket;
        const session = sessionOf(client);
        const senderTimeoutMs = options.senderTimeoutMs ?? SENDER_TIMEOUT_MS;
        const [self] = await session.rows(
          `${TEXT_FORMAT}; set wal_sender_timeout = ${senderTimeoutMs}; select pg_backend_pid() as pid`,
        );
        this.#senderPid = Number(self?.pid);
        const { publications, confirmedLsn } = await options.prepare(session);
        this.#ackedLsn = confirmedLsn;
        this.#keepaliveLsn = confirmedLsn;
        return publications;
      },
      onMessage: (message, bytes) => this.#onMessage(message, bytes),
      onArrival: () => this.#onArrival(),
      onKeepalive: (lsn, mustReply) => this.#onKeepalive(lsn, mustReply),
      onMalformed: (error) => this.#end(error instanceof Error ? error : new Error(String(error))),
    });
  }

  #onMessage(message: WalMessage, bytes: number): void {
    if (this.#isOver) return;
    const event = this.#assembler.push(message, this.#receivedMs, bytes);
    if (event === null) return;
    this.#queue.push(event);
    if (this.#queue.isFull && !this.#paused) {
      this.#paused = true;
      this.#socket?.pause();
    }
    this.#wakeUp();
  }

  /** What arrives together has one time: asking the clock for each row costs more than reading a column. */
  #onArrival(): void {
    this.#heardAtMs = this.#clock.monotonicMs();
    this.#receivedMs = this.#clock.nowMs();
  }

  #onKeepalive(lsn: Lsn, mustReply: boolean): void {
    this.#keepaliveLsn = maxLsn(this.#keepaliveLsn, lsn);
    if (mustReply) this.#sendStatus();
  }

  #sendStatus({ mustReply = false } = {}): void {
    if (this.#isOver) return;
    const isIdle = !this.#inFlight && this.#queue.length === 0 && !this.#assembler.isOpen;
    if (isIdle) this.#ackedLsn = maxLsn(this.#ackedLsn, this.#keepaliveLsn);
    if (this.#ackedLsn === 0n) return;
    // The library adds one byte to what it is told. The end of a commit is where the next record may begin, and Postgres
    // skips commits that begin before the acknowledged position: one byte too many loses a transaction.
    const lastByte = formatLsn(toLsn(this.#ackedLsn - 1n));
    void this.#service.acknowledge(lastByte, mustReply).catch((error: Error) => this.#end(error));
  }

  #sendGoodbye(): void {
    if (this.#socket?.writable) this.#socket.end();
  }

  #end(reason: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#status?.stop();
    this.#queue.clear();
    this.#ended.resolve(reason);
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
