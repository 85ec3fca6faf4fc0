import type { TestClient } from "@tidewire/testkit/project-database";
import { parseLsn } from "../../src/wal/lsn.ts";
import type { Op } from "./workload.ts";

/** A committed transaction, in the order of the commits. */
export interface Committed {
  seq: number;
  /** The commit lies behind this position, and before that of the next one. */
  beforeLsn: bigint;
  ops: Op[];
}

/** What a subscriber is to get of an operation. A row behind policies that is gone when it is looked at may be left out. */
export type Wish = "must" | "may" | "no";

/** One change as a client received it. */
export interface Delivered {
  key: string;
  lsn: bigint;
}

/** From a join to the end of its channel or socket. */
export interface Session {
  node: string;
  /** Told with `Subscribed`: whatever commits from here on is promised. Null when it was never told. */
  fromLsn: bigint | null;
  delivered: Delivered[];
  /** Out of the database. They have no position: a channel hears those that are sent while it is there. */
  broadcasts: string[];
  systems: Record<string, unknown>[];
  isOver: boolean;
}

interface Expected {
  key: string;
  wish: Wish;
  seq: number;
}

/** What the writers committed, and what must therefore have been delivered. */
export class Oracle {
  readonly #log: readonly Committed[];
  /** Rows of `orders` that are gone at the end. */
  readonly #deleted: ReadonlySet<number>;
  /** Positions of commits, as the clients were told; all of them must have been told the same. */
  readonly #lsns = new Map<number, bigint>();
  /** Where in the log an operation is. */
  readonly #placeOf = new Map<string, number>();

  private constructor(log: readonly Committed[]) {
    this.#log = log;
    const ops = log.flatMap((each) => each.ops);
    this.#deleted = new Set(
      ops.filter(({ table, type }) => table === "orders" && type === "DELETE").map(({ id }) => id),
    );
    for (const [place, { ops: done }] of log.entries())
      for (const op of done) this.#placeOf.set(keyOf(op), place);
  }

  static async read(client: TestClient): Promise<Oracle> {
    const { rows } = await client.query("select seq, before_lsn::text, ops from chaos_log order by seq");
    return new Oracle(
      rows.map(({ seq, before_lsn, ops }) => ({ seq: Number(seq), beforeLsn: parseLsn(before_lsn), ops })),
    );
  }

  get transactions(): number {
    return this.#log.length;
  }

  get changes(): number {
    return this.#log.reduce((sum, { ops }) => sum + ops.length, 0);
  }

  /** Takes note of the positions that a session was told. @returns what is wrong with them */
  learn({ delivered }: Session): string[] {
    const faults: string[] = [];
    for (const { key, lsn } of delivered) {
      const place = this.#placeOf.get(key) ?? -1;
      const [commit, next] = [this.#log[place], this.#log[place + 1]];
      if (commit === undefined) {
        faults.push(`${key} was never committed`);
        continue;
      }
      const { seq, beforeLsn } = commit;
      const known = this.#lsns.get(seq);
      if (known !== undefined && known !== lsn) faults.push(`transaction ${seq} has two positions`);
      this.#lsns.set(seq, lsn);
      if (lsn < beforeLsn || lsn > (next?.beforeLsn ?? lsn))
        faults.push(`the position of transaction ${seq} is not where it was committed`);
    }
    return faults;
  }

  /**
   * Holds a session against the log: every commit from its position on, each change once, in order; all of them when
   * the session lived to the end. To be called when {@link learn} has seen all sessions.
   *
   * @returns what is wrong; nothing when all is well
   */
  judge(session: Session, wishOf: (op: Op) => Wish): string[] {
    const { fromLsn, delivered, isOver } = session;
    if (fromLsn === null) return delivered.length === 0 ? [] : ["changes without a position"];
    const expected = this.#expected(fromLsn, wishOf);
    const placeOf = new Map(expected.map(({ key }, place) => [key, place]));
    const faults: string[] = [];
    let next = 0;
    for (const { key } of delivered) {
      const place = placeOf.get(key);
      if (place === undefined) {
        faults.push(`${key} is not for this subscriber, or from before its position`);
        continue;
      }
      if (place < next) {
        faults.push(`${key} came twice or late`);
        continue;
      }
      faults.push(...missing(expected.slice(next, place)));
      next = place + 1;
    }
    if (!isOver) faults.push(...missing(expected.slice(next)));
    return faults;
  }

  /**
   * Broadcasts out of the database: from the first that a session heard, each once, in order; all when it lived to the end.
   *
   * @param isFirst the session was there before anything was written
   */
  judgeBroadcasts({ broadcasts, isOver }: Session, isFirst: boolean): string[] {
    const sent = this.#log.flatMap(({ ops }) => ops.filter(({ table }) => table === "messages").map(keyOf));
    const from = isFirst ? 0 : sent.indexOf(broadcasts[0] ?? "");
    if (from < 0) return broadcasts.length === 0 ? [] : ["a broadcast that was never sent"];
    const expected = isOver ? sent.slice(from, from + broadcasts.length) : sent.slice(from);
    const at = expected.findIndex((key, index) => key !== broadcasts[index]);
    if (at >= 0)
      return [`broadcast ${at} of ${expected.length} is ${broadcasts[at]} instead of ${expected[at]}`];
    return broadcasts.length > expected.length ? [`${broadcasts.at(-1)} is one broadcast too many`] : [];
  }

  #expected(fromLsn: bigint, wishOf: (op: Op) => Wish): Expected[] {
    return this.#log.flatMap(({ seq, ops, beforeLsn }, at) => {
      const promise = this.#isFrom(fromLsn, { seq, beforeLsn, nextLsn: this.#log[at + 1]?.beforeLsn });
      if (promise === "no") return [];
      return ops.flatMap((op) => {
        const wish = this.#wishFor(op, wishOf(op));
        return wish === "no" ? [] : [{ key: keyOf(op), wish: promise === "may" ? "may" : wish, seq }];
      });
    });
  }

  /** A commit whose position no client was told lies between two others; that may be on both sides of the session's. */
  #isFrom(fromLsn: bigint, commit: { seq: number; beforeLsn: bigint; nextLsn: bigint | undefined }): Wish {
    const lsn = this.#lsns.get(commit.seq);
    if (lsn !== undefined) return lsn >= fromLsn ? "must" : "no";
    if (commit.beforeLsn >= fromLsn) return "must";
    return commit.nextLsn !== undefined && commit.nextLsn < fromLsn ? "no" : "may";
  }

  #wishFor({ table, type, id }: Op, wish: Wish): Wish {
    const isPerhapsUnseen = table === "orders" && type !== "DELETE" && this.#deleted.has(id);
    return wish === "must" && isPerhapsUnseen ? "may" : wish;
  }
}

export function keyOf({ table, type, id, n }: Pick<Op, "table" | "type" | "id" | "n">): string {
  return type === "DELETE" ? `${table} DELETE ${id}` : `${table} ${type} ${id} ${n}`;
}

function missing(expected: readonly Expected[]): string[] {
  return expected
    .filter(({ wish }) => wish === "must")
    .map(({ key, seq }) => `${key} of transaction ${seq} is missing`);
}
