import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import { formatLsn, LSN_ZERO, type Lsn } from "../wal/lsn.ts";
import type { LostSpan } from "./lost-span.ts";

const KEPT_MAX = 50;

export interface Outage {
  fromMs: number;
  toMs?: number;
  reason: string;
}

interface Open {
  record: Outage;
  fromLsn: Lsn;
}

type Notice<K extends HomeNotice["kind"]> = Extract<HomeNotice, { kind: K }>;

/** The interruptions of one stream: each is announced once, and closed once it is over (promise P6, difference D12). */
export class Outages {
  readonly #ref: string;
  readonly #records: Outage[] = [];
  #open: Open | null = null;

  constructor(ref: string) {
    this.#ref = ref;
  }

  get records(): readonly Outage[] {
    return this.#records;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** @returns the announcement, or null while it is the same interruption still */
  begin(reason: string, { lsn, nowMs }: { lsn: Lsn; nowMs: number }): Notice<"database-lost"> | null {
    if (this.#open !== null) return null;
    const record: Outage = { fromMs: nowMs, reason };
    this.#open = { record, fromLsn: lsn };
    this.#records.push(record);
    if (this.#records.length > KEPT_MAX) this.#records.shift();
    return { kind: "database-lost", ref: this.#ref, reason, sinceMs: nowMs, lsn: formatLsn(lsn) };
  }

  /** A home that never streamed learns from the slot where its predecessor was. */
  isFrom(lsn: Lsn): void {
    if (this.#open?.fromLsn === LSN_ZERO) this.#open.fromLsn = lsn;
  }

  /**
   * Everything committed before `toLsn` has been handed on, but for what is lost.
   *
   * @returns null when nothing was announced
   */
  end(
    { toLsn, nowMs }: { toLsn: Lsn; nowMs: number },
    lost: LostSpan | null,
  ): Notice<"database-recovered"> | null {
    if (this.#open === null) return null;
    const { record, fromLsn } = this.#open;
    record.toMs = nowMs;
    this.#open = null;
    return recovered(this.#ref, lost ?? { fromLsn, toLsn }, lost === null);
  }
}

/** @param span of a loss the positions between which it lies */
export function recovered(
  ref: string,
  { fromLsn, toLsn }: { fromLsn: Lsn; toLsn: Lsn },
  complete: boolean,
): Notice<"database-recovered"> {
  const span = { fromLsn: formatLsn(fromLsn), toLsn: formatLsn(toLsn) };
  return { kind: "database-recovered", ref, ...span, complete };
}
