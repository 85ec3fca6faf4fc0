import type { PresenceEviction } from "@tidewire/protocol/cluster/inspect";

/** Enough for the ghost panel of a busy night; older departures are in the samples. */
const DEPARTURES_MAX = 500;

export type DepartureCause = PresenceEviction["cause"];

/** Why members went, per project: what the dashboard shows when somebody asks "why is she not online?". */
export class Departures {
  readonly #byProject = new Map<string, PresenceEviction[]>();

  record(ref: string, departure: PresenceEviction): void {
    const departures = this.#byProject.get(ref) ?? [];
    departures.push(departure);
    if (departures.length > DEPARTURES_MAX) departures.shift();
    this.#byProject.set(ref, departures);
  }

  /** Oldest first. */
  of(ref: string): readonly PresenceEviction[] {
    return this.#byProject.get(ref) ?? [];
  }

  forget(ref: string): void {
    this.#byProject.delete(ref);
  }
}
