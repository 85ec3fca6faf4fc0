import type { Lsn } from "./lsn.ts";

/** What UPDATE and DELETE tell of the old row: its key columns, all of it, or nothing. */
export type ReplicaIdentity = "default" | "nothing" | "full" | "index";

export interface RelationColumn {
  readonly name: string;
  readonly typeOid: number;
  /** Part of the replica identity. Under `full` every column is. */
  readonly isKey: boolean;
}

/** A table as the stream describes it, in the order of its tuples. A changed table arrives as a new object. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly identity: ReplicaIdentity;
  readonly columns: readonly RelationColumn[];
}

/** Column values as Postgres' text output; null is NULL, undefined was not sent (an unchanged TOAST value, or not in the key). */
export type Tuple = readonly (string | null | undefined)[];

export type ChangeType = "INSERT" | "UPDATE" | "DELETE";

/** One row of a committed transaction. */
export interface RowChange {
  readonly type: ChangeType;
  readonly relation: Relation;
  /** Absent for DELETE. */
  readonly newTuple: Tuple | undefined;
  /** Absent for INSERT, and for an UPDATE that left the replica identity alone. */
  readonly oldTuple: Tuple | undefined;
  readonly commitLsn: Lsn;
  /** Epoch milliseconds of the commit, by the database's clock. */
  readonly commitMs: number;
  /** 32 bits. Other sessions may see the transaction a moment later than the stream does. */
  readonly xid: number;
  /** Counts the rows of its transaction from 0; the same each time the transaction is streamed. */
  readonly ordinal: number;
  readonly receivedMs: number;
  /** Size of its message in the stream. */
  readonly bytes: number;
}

/** The new row; columns that were not sent because they did not change are taken from the old one where it has them. */
export function currentRow({ newTuple, oldTuple }: Pick<RowChange, "newTuple" | "oldTuple">): Tuple {
  if (newTuple === undefined) return [];
  if (oldTuple === undefined || !newTuple.includes(undefined)) return newTuple;
  return newTuple.map((value, index) => (value === undefined ? oldTuple[index] : value));
}

/**
 * What is known of the old row: its replica identity. An UPDATE that did not touch the key sends no old tuple: the key
 * is then in the new one.
 */
export function identityRow({
  relation,
  newTuple,
  oldTuple,
}: Pick<RowChange, "relation" | "newTuple" | "oldTuple">): Tuple {
  const tuple = oldTuple ?? newTuple ?? [];
  if (relation.identity === "full") return oldTuple ?? [];
  return relation.columns.map((column, index) => (column.isKey ? tuple[index] : undefined));
}
