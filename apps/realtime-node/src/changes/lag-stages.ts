import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Percentiles, Stage } from "@tidewire/protocol/cluster/inspect";
import { RecentDurations } from "../wal/lag.ts";

type Times = ChangeEnvelope["times"];

/** What a home can measure; the last stage, `socket`, is that of the nodes. */
const HOME_STAGES = ["receive", "decode", "match", "authorize", "fanOut"] as const satisfies Stage[];

/** Where the time between a commit and its delivery goes. */
export class LagStages {
  readonly #stages = new Map(HOME_STAGES.map((stage) => [stage, new RecentDurations()]));
  readonly #total = new RecentDurations();

  add(times: Times): void {
    const { committedMs, receivedMs, decodedMs, matchedMs, authorizedMs, sentMs } = times;
    const passed = [committedMs, receivedMs, decodedMs, matchedMs, authorizedMs, sentMs];
    for (const [index, stage] of HOME_STAGES.entries()) {
      this.#stages.get(stage)?.add((passed[index + 1] ?? 0) - (passed[index] ?? 0), sentMs);
    }
    this.#total.add(sentMs - committedMs, sentMs);
  }

  get changes(): number {
    return this.#total.count;
  }

  stages(nowMs: number): Record<string, Percentiles> {
    return Object.fromEntries(
      [...this.#stages].map(([stage, durations]) => [stage, durations.percentiles(nowMs)]),
    );
  }

  total(nowMs: number): Percentiles {
    return this.#total.percentiles(nowMs);
  }
}
