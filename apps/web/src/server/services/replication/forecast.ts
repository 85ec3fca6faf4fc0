/** A slot's retained WAL at one moment. */
export interface Retained {
  atMs: number;
  bytes: number;
}

/** A forecast from less than this is noise. */
const SPAN_MIN_MS = 10_000;
/** Growth that takes longer than this to matter is none. */
const HORIZON_MS = 7 * 24 * 3_600_000;

/** When `limit` is reached if the slot goes on growing as between the first and the last reading; null when it does not. */
export function forecastSlotLoss(readings: readonly Retained[], limit: number): number | null {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < SPAN_MIN_MS) return null;
  const bytesPerMs = (last.bytes - first.bytes) / (last.atMs - first.atMs);
  if (bytesPerMs <= 0) return null;
  const restMs = Math.max(0, limit - last.bytes) / bytesPerMs;
  return restMs > HORIZON_MS ? null : last.atMs + restMs;
}
