import type { Heard, SoakRecord, Stay } from "./record.ts";

export const EVENT = "n";

/** One application somewhere: it is in one room at a time, publishes there, and shows who is present. */
export interface SoakMember {
  readonly name: string;
  readonly room: string | undefined;
  /** Enters a room, after leaving the one it is in. Resolves when it is asked for, not when it is there. */
  enter(room: string): Promise<void>;
  publish(): void;
  /** Its connection is reset; the library brings it back. */
  breakLine(): void;
  isJoined(): boolean;
  /** Undefined while it cannot know. */
  presentKeys(): string[] | undefined;
  close(): Promise<void>;
}

export interface MemberOptions {
  name: string;
  url: string;
  apikey: string;
  record: SoakRecord;
}

/** Writes down what happens to one member. */
export class Diary {
  readonly #record: SoakRecord;
  readonly #name: string;
  readonly #counts = new Map<string, number>();
  #stay: Stay | undefined;
  #endPresence: (() => void) | undefined;

  constructor(record: SoakRecord, name: string) {
    this.#record = record;
    this.#name = name;
  }

  get isIn(): boolean {
    return this.#stay !== undefined;
  }

  entered(room: string, resumes: boolean): void {
    this.#stay = {
      client: this.#name,
      room,
      resumes,
      joinedAtMs: Date.now(),
      heard: [],
      gaps: [],
      awayMs: [],
    };
    this.#record.stays.push(this.#stay);
  }

  left(): void {
    if (this.#stay !== undefined) this.#stay.leftAtMs = Date.now();
    this.#stay = undefined;
    this.absent();
  }

  lost(): void {
    const away = this.#stay?.awayMs.at(-1);
    const isAway = away !== undefined && away.toMs === undefined;
    if (!isAway) this.#stay?.awayMs.push({ fromMs: Date.now() });
    this.absent();
  }

  back(): void {
    const away = this.#stay?.awayMs.at(-1);
    if (away !== undefined) away.toMs ??= Date.now();
  }

  heard(payload: { p: string; n: number }, meta: Pick<Heard, "origin" | "seq"> = {}): void {
    const { origin, seq } = meta;
    this.#stay?.heard.push({ publisher: payload.p, n: payload.n, atMs: Date.now(), origin, seq });
  }

  gap(gap: { origin?: string; fromSeq?: number; toSeq?: number }): void {
    this.#stay?.gaps.push({ atMs: Date.now(), ...gap });
  }

  present(room: string): void {
    this.absent();
    const span = { room, key: this.#name, fromMs: Date.now(), toMs: undefined as number | undefined };
    this.#record.spans.push(span);
    this.#endPresence = () => {
      span.toMs = Date.now();
    };
  }

  absent(): void {
    this.#endPresence?.();
    this.#endPresence = undefined;
  }

  /** The next message of this member in the room, and what is to be called when the server has it. */
  publishing(room: string): {
    payload: { p: string; n: number };
    accepted(place: Pick<Heard, "origin" | "seq">): void;
  } {
    const n = (this.#counts.get(room) ?? 0) + 1;
    this.#counts.set(room, n);
    const publication: SoakRecord["publications"][number] = {
      room,
      publisher: this.#name,
      n,
      sentAtMs: Date.now(),
    };
    this.#record.publications.push(publication);
    return {
      payload: { p: this.#name, n },
      accepted({ origin, seq }) {
        Object.assign(publication, { ackedAtMs: Date.now(), origin, seq });
      },
    };
  }
}
