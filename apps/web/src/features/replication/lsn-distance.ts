/** Bytes of WAL between two positions as Postgres writes them; negative when `to` comes first. */
export function lsnDistance(from: string, to: string): number {
  return Number(toPosition(to) - toPosition(from));
}

function toPosition(lsn: string): bigint {
  const [high = "0", low = "0"] = lsn.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
