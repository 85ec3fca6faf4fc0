import { type BucketState, refill, waitMs } from "../projects/rates.ts";

export type RequestRate = {
  /** Requests of the last second, this one included. */
  rolling: number;
  limit: number;
  remaining: number;
} & ({ ok: true } | { ok: false; retryAfterMs: number });

/**
 * REST requests per second and project: a second limit of the same size beside the one on messages, and the one that
 * the `x-rate-*` headers are about (protocol 12.23). Only projects that exist get a bucket.
 */
export class RequestRates {
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, BucketState>();

  /** @param nowMs monotonic milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  take(ref: string, limit: number): RequestRate {
    const nowMs = this.#nowMs();
    const bucket = refill(this.#buckets.get(ref) ?? { tokens: limit, atMs: nowMs }, limit, nowMs);
    const retryAfterMs = waitMs(bucket, limit, 1);
    const isGranted = retryAfterMs <= 0;
    const tokens = isGranted ? bucket.tokens - 1 : bucket.tokens;
    this.#buckets.set(ref, { tokens, atMs: nowMs });
    const remaining = Math.max(0, Math.floor(tokens));
    const rate = { rolling: limit - remaining, limit, remaining };
    return isGranted ? { ...rate, ok: true } : { ...rate, ok: false, retryAfterMs };
  }
}
