import type { Missed } from "../changes/shapes.ts";
import { around, LSN_ZERO, type Lsn, maxLsn, minLsn } from "../wal/lsn.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";

/** Who waited longer than this for its registration is told of more than it has missed. */
const EPOCHS_MAX = 32;

/** What has gone by in one epoch since its registrations were complete. */
interface Epoch {
  readonly epoch: number;
  /** The last row before it that was not even read, because nobody wanted its table. */
  readonly unwantedBeforeLsn: Lsn;
  /** Where the changes of each table lie, by its oid. */
  readonly byTable: Map<number, Missed>;
}

interface Late {
  /** By their oids. */
  tables: Iterable<number>;
  /** The epoch in which the registration was last in place; undefined for the one before. */
  held: number | undefined;
  /** The epoch in which it comes back. */
  epoch: number;
  /** The last row up to now that was not read: it may have been of any table. */
  unwantedLsn: Lsn;
}

/** What one term of a home has handed on, epoch by epoch: who was not registered meanwhile has missed it. */
export class HandedOn {
  #termFromLsn: Lsn = LSN_ZERO;
  #epochs: Epoch[] = [];

  beginTerm(fromLsn: Lsn): void {
    this.#termFromLsn = fromLsn;
    this.#epochs = [];
  }

  /** The registrations of an epoch are complete. */
  begin(epoch: number, unwantedBeforeLsn: Lsn): void {
    this.#epochs.push({ epoch, unwantedBeforeLsn, byTable: new Map() });
    if (this.#epochs.length > EPOCHS_MAX) this.#epochs.shift();
  }

  /**
   * These are held against the shapes that are registered now.
   *
   * @param oidOf the table's oid in the catalog; undefined for one that nobody can have asked for
   */
  add(changes: readonly RowChange[], oidOf: (relation: Relation) => number | undefined): void {
    const { byTable } = this.#epochs.at(-1) ?? {};
    if (byTable === undefined) return;
    for (const [relation, span] of spansOf(changes)) {
      const oid = oidOf(relation);
      if (oid !== undefined) byTable.set(oid, join(byTable.get(oid) ?? null, span));
    }
  }

  /** @returns where the changes lie that have gone by without a registration; null when there are none */
  without({ tables, held, epoch, unwantedLsn }: Late): Missed | null {
    const last = this.#epochs.at(-1)?.epoch === epoch ? this.#epochs.length - 1 : this.#epochs.length;
    const heldAt = this.#epochs.findIndex((each) => each.epoch === held);
    // In place in this very epoch, it has been forgotten since.
    const from = held === undefined || held === epoch ? last : heldAt + 1;
    const oids = [...tables];
    let missed: Missed | null = null;
    for (let at = from; at < this.#epochs.length; at++) {
      for (const span of this.#spansIn(at, oids, unwantedLsn)) missed = join(missed, span);
    }
    return missed;
  }

  #spansIn(at: number, oids: readonly number[], unwantedLsn: Lsn): Missed[] {
    const epoch = this.#epochs[at];
    if (epoch === undefined) return [];
    const spans = oids.map((oid) => epoch.byTable.get(oid)).filter((span) => span !== undefined);
    const unwantedToLsn = this.#epochs[at + 1]?.unwantedBeforeLsn ?? unwantedLsn;
    if (unwantedToLsn <= epoch.unwantedBeforeLsn) return spans;
    const fromLsn = maxLsn(epoch.unwantedBeforeLsn, around(this.#termFromLsn).fromLsn);
    return [...spans, { ...around(unwantedToLsn), fromLsn }];
  }
}

function spansOf(changes: readonly RowChange[]): Map<Relation, Missed> {
  const spans = new Map<Relation, Missed>();
  for (const { relation, commitLsn } of changes) {
    const span = spans.get(relation);
    if (span === undefined) spans.set(relation, around(commitLsn));
    else if (commitLsn >= span.toLsn) spans.set(relation, { ...around(commitLsn), fromLsn: span.fromLsn });
  }
  return spans;
}

function join(a: Missed | null, b: Missed): Missed {
  return a === null ? b : { fromLsn: minLsn(a.fromLsn, b.fromLsn), toLsn: maxLsn(a.toLsn, b.toLsn) };
}
