import { RecentIds } from "./recent-ids.ts";

/** Origin (one life of one node) -> number of its last message in this room. */
export type Positions = Readonly<Record<string, number>>;

/** `meta` of a broadcast on a channel that asked for positions. */
export interface BroadcastMeta {
  id?: string;
  origin?: string;
  seq?: number;
}

/** What a server that knows positions adds to the reply of a join. */
interface JoinReply {
  positions?: Positions;
  joined_at?: number;
}

/** `config.broadcast` of the next join. */
export interface ContinuityConfig {
  sequence: true;
  resume?: Positions;
  resume_since?: number;
}

/** More than a history of the server's default size holds. */
const IDS_MAX = 4_096;
/** The server takes no more (protocol B20); a fleet has far fewer nodes. */
const ORIGINS_MAX = 200;

/**
 * What this client has of one room, and therefore what it misses.
 *
 * The server puts each origin's messages in order and repairs what is lost between nodes, or says so. What is left to the
 * client: to say where it stands when it comes back, and to drop what it has already, since two nodes may each replay a
 * message that its sender gave to both.
 *
 * Promised: of one origin, ascending, each message at most once. A number that is skipped is no loss: it was the client's
 * own, or one that was heard from another origin. Losses are announced by the server alone.
 */
export class Continuity {
  readonly #positions = new Map<string, number>();
  /** Of origins that the server knew no more when the client came back: not asked for, but still recognised. */
  readonly #former = new Map<string, number>();
  readonly #ids = new RecentIds(IDS_MAX);
  #sinceMs: number | undefined;
  /** Positions of the server at the join that is being resumed. */
  #heads: Positions | undefined;
  #duplicates = 0;

  /** Undefined until a server that knows positions has answered a join. */
  get positions(): Positions | undefined {
    return this.#sinceMs === undefined ? undefined : Object.fromEntries(this.#positions);
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  toConfig(): ContinuityConfig {
    if (this.#sinceMs === undefined) return { sequence: true };
    const newest = [...this.#positions].slice(-ORIGINS_MAX);
    return { sequence: true, resume: Object.fromEntries(newest), resume_since: this.#sinceMs };
  }

  /** The join was granted. A first one begins here; after a resume the replay follows, and {@link resumed} ends it. */
  joined({ positions, joined_at: joinedAtMs }: JoinReply): void {
    if (positions === undefined || joinedAtMs === undefined) return;
    if (this.#sinceMs !== undefined) {
      this.#heads = positions;
      return;
    }
    this.#sinceMs = joinedAtMs;
    for (const [origin, seq] of Object.entries(positions)) this.#positions.set(origin, seq);
  }

  /** Everything up to the server's positions was replayed, or announced as lost. */
  resumed(): void {
    const heads = this.#heads;
    if (heads === undefined) return;
    this.#heads = undefined;
    for (const [origin, seq] of this.#positions) {
      if (Object.hasOwn(heads, origin)) continue;
      this.#former.set(origin, seq);
      this.#positions.delete(origin);
    }
    for (const [origin, seq] of Object.entries(heads)) this.#advance(origin, seq);
  }

  /** Whether a message is new. One without a position is: it comes from a server that gives none. */
  admit(meta: BroadcastMeta | undefined): boolean {
    const { id, origin, seq } = meta ?? {};
    if (origin === undefined || seq === undefined) return true;
    const isNew = seq > this.#last(origin) && !this.#isKnown(id, origin);
    this.#advance(origin, seq);
    if (isNew) this.#remember(id, origin);
    else this.#duplicates++;
    return isNew;
  }

  /** This client sends a message that it does not want to hear. */
  sent(id: string): void {
    this.#ids.add(id);
  }

  /** The server has put a message of this client at this place, for the first time. */
  accepted(origin: string, seq: number): void {
    this.#advance(origin, seq);
  }

  /** The server has given these up. */
  lost(origin: string, toSeq: number): void {
    this.#advance(origin, toSeq);
  }

  #last(origin: string): number {
    return this.#positions.get(origin) ?? this.#former.get(origin) ?? 0;
  }

  #advance(origin: string, seq: number): void {
    const last = this.#last(origin);
    this.#former.delete(origin);
    // Re-inserted, so that the origins heard last stand last.
    this.#positions.delete(origin);
    this.#positions.set(origin, Math.max(seq, last));
  }

  /** Messages without a name have one made of their position, which is compared already. */
  #isKnown(id: string | undefined, origin: string): boolean {
    return id !== undefined && !id.startsWith(`${origin}:`) && this.#ids.has(id);
  }

  #remember(id: string | undefined, origin: string): void {
    if (id !== undefined && !id.startsWith(`${origin}:`)) this.#ids.add(id);
  }
}
