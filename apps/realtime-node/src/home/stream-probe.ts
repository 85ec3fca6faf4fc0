import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { quoteLiteral, type Session } from "../wal/session.ts";
import type { LogicalMessage } from "../wal/wal-queue.ts";

/** From this version of Postgres on, a message can be flushed without a commit; decoding reads only what is flushed. */
const FLUSHING_EMIT_VERSION = 170_000;

interface Outstanding {
  id: string;
  sentAtMs: number;
  /** Postgres accepted it, on an ordinary connection. */
  accepted: boolean;
}

interface Options {
  ref: string;
  clock: Clock;
  ask(work: (session: Session) => Promise<unknown>): Promise<unknown>;
}

/**
 * Writes a message into the log and waits for it to come back by the stream: the only honest measure of how late the
 * stream is. It also moves the slot of a database in which nothing else happens. One is on its way at a time.
 */
export class StreamProbe {
  readonly #options: Options;
  readonly #prefix: string;
  readonly #sql: (id: string) => string;
  #outstanding: Outstanding | null = null;
  #failedSinceMs: number | undefined;
  #lagMs: number | undefined;

  constructor(options: Options, serverVersion: number) {
    this.#options = options;
    this.#prefix = `tidewire:${options.ref}`;
    const [mode, flush] = serverVersion >= FLUSHING_EMIT_VERSION ? ["false", ", true"] : ["true", ""];
    this.#sql = (id) =>
      `select pg_logical_emit_message(${mode}, ${quoteLiteral(this.#prefix)}, ${quoteLiteral(id)}${flush})`;
  }

  /** The age of the probe that is on its way, if that is worse than how long the last one took. */
  get lagMs(): number | undefined {
    if (this.#outstanding === null) return this.#lagMs;
    return Math.max(this.#lagMs ?? 0, this.#now() - this.#outstanding.sentAtMs);
  }

  /** Since when Postgres owes an ordinary connection an answer, or has failed to give one. */
  get unansweredSinceMs(): number | undefined {
    if (this.#failedSinceMs !== undefined) return this.#failedSinceMs;
    return this.#outstanding?.accepted === false ? this.#outstanding.sentAtMs : undefined;
  }

  /** Does nothing while one is on its way. */
  send(): void {
    if (this.#outstanding !== null) return;
    const probe: Outstanding = { id: randomUUID(), sentAtMs: this.#now(), accepted: false };
    this.#outstanding = probe;
    this.#options
      .ask((session) => session.rows(this.#sql(probe.id)))
      .then(
        () => {
          probe.accepted = true;
          this.#failedSinceMs = undefined;
        },
        () => {
          this.#failedSinceMs ??= probe.sentAtMs;
          if (this.#outstanding === probe) this.#outstanding = null;
        },
      );
  }

  /** True when this is the probe that was on its way: everything committed before it was sent has come by. */
  isBack({ prefix, content }: LogicalMessage): boolean {
    if (prefix !== this.#prefix || this.#outstanding?.id !== content.toString()) return false;
    this.#lagMs = this.#now() - this.#outstanding.sentAtMs;
    this.#outstanding = null;
    return true;
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
