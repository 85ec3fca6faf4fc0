import type { HomeTimes } from "@tidewire/protocol/cluster/changes";
import type { Percentiles, Stage } from "@tidewire/protocol/cluster/inspect";
import { RecentDurations } from "../wal/lag.ts";

/** Where the time between a commit and its delivery goes; the last stage, `socket`, is that of the nodes. */
export class LagStages {
  readonly #of = {
    receive: new RecentDurations(),
    decode: new RecentDurations(),
    match: new RecentDurations(),
    authorize: new RecentDurations(),
    fanOut: new RecentDurations(),
  } satisfies Partial<Record<Stage, RecentDurations>>;
  readonly #total = new RecentDurations();

  add(committedMs: number, receivedMs: number, times: HomeTimes): void {
    const { decodedMs, matchedMs, authorizedMs, sentMs } = times;
    this.#of.receive.add(receivedMs - committedMs, sentMs);
    this.#of.decode.add(decodedMs - receivedMs, sentMs);
    this.#of.match.add(matchedMs - decodedMs, sentMs);
    this.#of.authorize.add(authorizedMs - matchedMs, sentMs);
    this.#of.fanOut.add(sentMs - authorizedMs, sentMs);
    this.#total.add(sentMs - committedMs, sentMs);
  }

  get changes(): number {
    return this.#total.count;
  }

  stages(nowMs: number): Record<string, Percentiles> {
    return Object.fromEntries(
      Object.entries(this.#of).map(([stage, durations]) => [stage, durations.percentiles(nowMs)]),
    );
  }

  total(nowMs: number): Percentiles {
    return this.#total.percentiles(nowMs);
  }
}
