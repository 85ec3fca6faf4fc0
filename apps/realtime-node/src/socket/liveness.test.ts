import { describe, expect, test } from "vitest";
import { type Evidence, judge, silentDeadline } from "./liveness.ts";

const fresh = (nowMs: number): Evidence => ({
  lastByteMs: nowMs,
  lastMessageMs: nowMs,
  lastPingMs: nowMs,
  withoutChannelSinceMs: null,
});

/** Lives through the verdicts as the shell does; the client answers nothing. */
function watch(evidence: Evidence, { resumedAtMs = 0, untilMs = 20_000 } = {}) {
  const pings: number[] = [];
  let nowMs = evidence.lastByteMs;
  while (nowMs <= untilMs) {
    const verdict = judge(evidence, nowMs, resumedAtMs);
    if (verdict.kind === "close") return { pings, code: verdict.code, closedAtMs: nowMs };
    if (verdict.kind === "ping") {
      pings.push(nowMs);
      evidence.lastPingMs = nowMs;
    }
    expect(verdict.againAtMs).toBeGreaterThan(nowMs);
    nowMs = verdict.againAtMs;
  }
  return { pings, code: null, closedAtMs: null };
}

describe("liveness", () => {
  test("[D3] a silent socket is pinged at 3 and 6 s and closed at 9 s", () => {
    expect(watch(fresh(0))).toEqual({ pings: [3_000, 6_000], code: "SilentClient", closedAtMs: 9_000 });
  });

  test("[D3] any byte starts the silence anew", () => {
    const evidence = { ...fresh(0), lastByteMs: 8_900, lastPingMs: 6_000 };
    expect(judge(evidence, 9_000, 0)).toEqual({ kind: "rest", againAtMs: 11_900 });
    expect(silentDeadline(evidence, 0)).toBe(17_900);
  });

  test("[P4] nobody is evicted for a stall of the node itself: silence counts from the moment it resumed", () => {
    const evidence = { ...fresh(0), lastPingMs: 6_000 };
    expect(judge(evidence, 30_000, 30_000)).toEqual({ kind: "rest", againAtMs: 33_000 });
    expect(judge(evidence, 33_000, 30_000).kind).toBe("ping");
    expect(judge(evidence, 39_000, 30_000)).toEqual({ kind: "close", code: "SilentClient" });
  });

  test("[2] a client that answers pings but says nothing for 60 s is closed as idle", () => {
    const evidence = { ...fresh(0), lastByteMs: 59_000, lastPingMs: 59_000 };
    expect(judge(evidence, 59_999, 0)).toEqual({ kind: "rest", againAtMs: 60_000 });
    expect(judge(evidence, 60_000, 0)).toEqual({ kind: "close", code: "IdleClient" });
  });

  test("[12.18] a socket is closed after ten minutes without any channel, not sooner", () => {
    const evidence = { ...fresh(600_000), withoutChannelSinceMs: 1_000 };
    expect(judge(evidence, 600_999, 0)).toEqual({ kind: "rest", againAtMs: 601_000 });
    expect(judge(evidence, 601_000, 0)).toEqual({ kind: "close", code: "NoChannels" });
  });
});
