declare const brand: unique symbol;

/** A position in the write-ahead log, in bytes. Grows for as long as the database cluster lives. */
export type Lsn = bigint & { readonly [brand]: "Lsn" };

export const LSN_ZERO = 0n as Lsn;

const TEXT = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** @throws RangeError when `text` is not of Postgres' form `16/B374D848` */
export function parseLsn(text: string): Lsn {
  const [, upper, lower] = TEXT.exec(text) ?? [];
  if (upper === undefined || lower === undefined) throw new RangeError(`not an LSN: ${JSON.stringify(text)}`);
  return toLsn((BigInt(`0x${upper}`) << 32n) | BigInt(`0x${lower}`));
}

export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();
}

export function toLsn(bytes: bigint): Lsn {
  return bytes as Lsn;
}

/** The positions next to a change: it alone lies between them. */
export function around(lsn: Lsn): { fromLsn: Lsn; toLsn: Lsn } {
  return { fromLsn: toLsn(lsn - 1n), toLsn: toLsn(lsn + 1n) };
}

export function minLsn(a: Lsn, b: Lsn): Lsn {
  return a < b ? a : b;
}

export function maxLsn(a: Lsn, b: Lsn): Lsn {
  return a > b ? a : b;
}
