import type { Session, TextRow } from "../wal/session.ts";

type Ask = <T>(work: (session: Pick<Session, "rows">) => Promise<T>) => Promise<T>;

/**
 * The position before which everything committed is over. Whoever asks gets an answer that was read after the asking:
 * a thousand registrations at once share the next reading, never the one that is already on its way.
 */
export class PositionReader {
  readonly #ask: Ask;
  #reading: Promise<string> | undefined;
  #next: Promise<string> | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  read(): Promise<string> {
    if (this.#reading === undefined) return this.#start();
    this.#next ??= this.#reading.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<string> {
    this.#next = undefined;
    const reading = this.#ask((session) => session.rows("select pg_current_wal_flush_lsn() as lsn")).then(
      toLsnText,
    );
    this.#reading = reading;
    const done = () => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    reading.then(done, done);
    return reading;
  }
}

function toLsnText([row]: TextRow[]): string {
  return row?.lsn ?? "0/0";
}
