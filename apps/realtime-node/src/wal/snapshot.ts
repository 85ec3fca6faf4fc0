/** What one statement could see: `pg_current_snapshot()`, with 64-bit transaction ids. */
export interface Snapshot {
  /** All below are over. */
  readonly xmin: bigint;
  /** All from here on had not begun. */
  readonly xmax: bigint;
  readonly inProgress: ReadonlySet<bigint>;
}

const TEXT = /^(\d+):(\d+):([\d,]*)$/;
const EPOCH = 1n << 32n;

/** @throws RangeError when `text` is not of Postgres' form `10:20:10,14,15` */
export function parseSnapshot(text: string): Snapshot {
  const [, xmin, xmax, list] = TEXT.exec(text) ?? [];
  if (xmin === undefined || xmax === undefined)
    throw new RangeError(`not a snapshot: ${JSON.stringify(text)}`);
  const inProgress = new Set((list ?? "").split(",").filter(Boolean).map(BigInt));
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), inProgress };
}

/**
 * Whether a transaction that the stream has brought is visible already. It may not be: the stream reads a commit as
 * soon as it is written, other sessions see it only when its backend has also said so in shared memory, which a busy
 * machine or a synchronous standby can put off.
 *
 * @param xid 32 bits, as the stream has it
 */
export function sees({ xmin, xmax, inProgress }: Snapshot, xid: number): boolean {
  const wide = widen(BigInt(xid), xmax);
  return wide < xmin || (wide < xmax && !inProgress.has(wide));
}

/** The id nearest to `xmax` with these 32 bits. */
function widen(xid: bigint, xmax: bigint): bigint {
  const inThisEpoch = (xmax & ~(EPOCH - 1n)) | xid;
  if (inThisEpoch - xmax > EPOCH / 2n) return inThisEpoch - EPOCH;
  return xmax - inThisEpoch > EPOCH / 2n ? inThisEpoch + EPOCH : inThisEpoch;
}
