import type { Clock, Timer } from "../clock.ts";
import type { WalStream } from "../wal/stream.ts";
import type { StreamProbe } from "./stream-probe.ts";
import { judge, WATCH_PERIOD_MS } from "./watch.ts";

const PROBE_PERIOD_MS = 1_000;

/** Measures a stream by probes, and gives it up once it is as good as dead. The caller stops the timers. */
export function watchStream(stream: WalStream, probe: StreamProbe, clock: Clock): Timer[] {
  let ranAtMs = clock.monotonicMs();
  const look = () => {
    const { heardAtMs, isPaused } = stream;
    const watched = { heardAtMs, isPaused, unansweredProbeSinceMs: probe.unansweredSinceMs, ranAtMs };
    ranAtMs = clock.monotonicMs();
    const verdict = judge(watched, ranAtMs);
    if (verdict === "ping" || verdict === "probe") stream.ping();
    if (verdict === "probe") probe.send();
    if (verdict === "lost") stream.abort(new Error("the database has not answered for a second"));
  };
  probe.send();
  return [clock.every(WATCH_PERIOD_MS, look), clock.every(PROBE_PERIOD_MS, () => probe.send())];
}
