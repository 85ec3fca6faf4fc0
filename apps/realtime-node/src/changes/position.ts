import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { type Lsn, toLsn } from "../wal/lsn.ts";

/** A place in the order of all changes of a project. */
export interface Position {
  readonly lsn: Lsn;
  /** Counts the rows of a transaction. */
  readonly ordinal: number;
}

export function positionOf({ lsn, ordinal }: Pick<ChangeEnvelope, "lsn" | "ordinal">): Position {
  return { lsn: toLsn(lsn), ordinal };
}

export function isAfter(a: Position, b: Position): boolean {
  return a.lsn > b.lsn || (a.lsn === b.lsn && a.ordinal > b.ordinal);
}
