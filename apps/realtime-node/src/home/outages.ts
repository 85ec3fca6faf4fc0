import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import { formatLsn, LSN_ZERO, type Lsn } from "../wal/lsn.ts";

const KEPT_MAX = 50;

export interface Outage {
  fromMs: number;
  toMs?: number;
  reason: string;
}

interface Open {
  record: Outage;
  fromLsn: Lsn;
  complete: boolean;
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
    this.#open = { record, fromLsn: lsn, complete: true };
    this.#records.push(record);
    if (this.#records.length > KEPT_MAX) this.#records.shift();
    return { kind: "database-lost", ref: this.#ref, reason, sinceMs: nowMs, lsn: formatLsn(lsn) };
  }

  /** A home that never streamed learns from the slot where its predecessor was. */
  isFrom(lsn: Lsn): void {
    if (this.#open?.fromLsn === LSN_ZERO) this.#open.fromLsn = lsn;
  }

  /** What was committed meanwhile cannot be had any more. */
  isIncomplete(): void {
    if (this.#open !== null) this.#open.complete = false;
  }

  /** Everything committed before `toLsn` has been handed on, or is known to be lost. */
  end({ toLsn, nowMs }: { toLsn: Lsn; nowMs: number }): Notice<"database-recovered"> | null {
    if (this.#open === null) return null;
    const { record, fromLsn, complete } = this.#open;
    record.toMs = nowMs;
    this.#open = null;
    return {
      kind: "database-recovered",
      ref: this.#ref,
      fromLsn: formatLsn(fromLsn),
      toLsn: formatLsn(toLsn),
      complete,
    };
  }
}
