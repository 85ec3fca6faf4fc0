import type { SocketEvidence } from "./connections.ts";
import { type Evidence, judge, silentDeadline, type Verdict } from "./liveness.ts";

/** The signs of life of one socket, on the monotonic clock. */
export class Vitals implements Evidence {
  lastByteMs: number;
  lastMessageMs: number;
  lastPingMs: number;
  withoutChannelSinceMs: number | null = null;
  pingsOutstanding = 0;

  constructor(nowMs: number) {
    this.lastByteMs = nowMs;
    this.lastMessageMs = nowMs;
    this.lastPingMs = nowMs;
  }

  heardByte(nowMs: number): void {
    this.lastByteMs = nowMs;
    this.pingsOutstanding = 0;
  }

  heardMessage(nowMs: number): void {
    this.lastMessageMs = nowMs;
  }

  pinged(nowMs: number): void {
    this.lastPingMs = nowMs;
    this.pingsOutstanding += 1;
  }

  /** Counted from the first moment without a channel. */
  occupied(hasChannel: boolean, nowMs: number): void {
    this.withoutChannelSinceMs = hasChannel ? null : (this.withoutChannelSinceMs ?? nowMs);
  }

  judge(nowMs: number, resumedAtMs: number): Verdict {
    return judge(this, nowMs, resumedAtMs);
  }

  silentMs(nowMs: number): number {
    return nowMs - this.lastByteMs;
  }

  /** In epoch milliseconds. */
  toEvidence(
    bufferedBytes: number,
    now: { epochMs: number; monotonicMs: number; resumedAtMs: number },
  ): SocketEvidence {
    const toEpochMs = (monotonicMs: number) => Math.round(now.epochMs + monotonicMs - now.monotonicMs);
    return {
      lastByteMs: toEpochMs(this.lastByteMs),
      pingsOutstanding: this.pingsOutstanding,
      bufferedBytes,
      evictAtMs: toEpochMs(silentDeadline(this, now.resumedAtMs)),
    };
  }
}
