import type { HomeNotice } from "@tidewire/protocol/cluster/changes";

/** A home beats every second; three missed beats are a death. */
export const HOME_BEAT_MS = 1_000;
export const HOME_SILENT_MS = 3_500;

/** What a node knows of a project's home, whoever it is. */
export interface KnownHome {
  /** Null until it has spoken itself: it has answered, or sent changes, and its announcement has not arrived. */
  readonly node: string | null;
  readonly boot: string | null;
  readonly epoch: number;
  readonly heardAtMs: number;
}

/** A notice heard now. Terms that are over stay over, unless nobody has spoken for the later one for long. */
export function hear(known: KnownHome | null, notice: HomeNotice, nowMs: number): KnownHome | null {
  if (notice.kind === "stepped-down") return known?.epoch === notice.epoch ? null : known;
  if (notice.kind !== "home") return known;
  // A home that goes on with a database that was put back to the past begins to count anew itself.
  const isOther = known !== null && (known.node !== notice.node || known.boot !== notice.boot);
  const isOld = isOther && notice.epoch < known.epoch && nowMs - known.heardAtMs < HOME_SILENT_MS;
  return isOld ? known : { node: notice.node, boot: notice.boot, epoch: notice.epoch, heardAtMs: nowMs };
}

export function isHomeMissing(known: KnownHome | null, nowMs: number): boolean {
  return known === null || nowMs - known.heardAtMs > HOME_SILENT_MS;
}
