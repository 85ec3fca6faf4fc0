import { setTimeout as delay } from "node:timers/promises";
import { openClient } from "@tidewire/testkit/project-database";
import type { SeededRandom } from "@tidewire/testkit/seeded-random";
import type { House } from "./house.ts";

const KINDS = [
  "walsender",
  "walsender",
  "connections",
  "restart-fast",
  "restart-immediate",
  "kill-home",
  "kill-home",
  "kill-other",
  "drain-home",
  "hand-over",
] as const;
type Kind = (typeof KINDS)[number];

const PAUSE_MS = { min: 1_500, spread: 4_000 };
const DOWN_MS_MAX = 1_500;
const AWAY_MS = { min: 300, spread: 3_000 };

export interface Disruption {
  atMs: number;
  kind: Kind;
  node?: string;
}

/** Breaks things at random until told to stop, and mends what it has broken. */
export class Disruptions {
  readonly done: Disruption[] = [];
  readonly #house: House;
  readonly #random: SeededRandom;
  /** Its node is never taken away: what its clients see is one session from the first to the last commit. */
  readonly #anchor: string;
  readonly #mending = new Set<Promise<void>>();

  constructor(house: House, random: SeededRandom, anchor: string) {
    this.#house = house;
    this.#random = random;
    this.#anchor = anchor;
  }

  async run(signal: AbortSignal): Promise<void> {
    const startedAtMs = performance.now();
    while (!signal.aborted) {
      await delay(PAUSE_MS.min + this.#random.below(PAUSE_MS.spread), undefined, { signal }).catch(
        () => undefined,
      );
      if (signal.aborted) break;
      const kind = this.#random.pick(KINDS);
      const node = await this.#break(kind);
      this.done.push({ atMs: Math.round(performance.now() - startedAtMs), kind, node });
    }
    await Promise.all(this.#mending);
  }

  async #break(kind: Kind): Promise<string | undefined> {
    const { postgres } = this.#house;
    switch (kind) {
      case "walsender":
        return void (await this.#terminate("active_pid", "pg_replication_slots where active"));
      case "connections":
        return void (await this.#terminate(
          "pid",
          "pg_stat_activity where application_name like 'tidewire_%'",
        ));
      case "restart-fast":
      case "restart-immediate":
        await postgres.stop(kind === "restart-fast" ? "fast" : "immediate");
        await delay(this.#random.below(DOWN_MS_MAX));
        return void (await postgres.start());
      case "kill-other": {
        const home = await this.#house.home();
        const others = this.#house.names.filter((name) => name !== home && name !== this.#anchor);
        return others.length === 0 ? undefined : this.#away("kill", this.#random.pick(others));
      }
      case "kill-home":
      case "drain-home":
      case "hand-over": {
        const home = await this.#house.home();
        if (home === undefined) return undefined;
        if (kind !== "hand-over" && home !== this.#anchor)
          return this.#away(kind === "kill-home" ? "kill" : "drain", home);
        await this.#house.handOver(home);
        return home;
      }
    }
  }

  async #away(how: "kill" | "drain", name: string): Promise<string> {
    const gone = this.#house[how](name);
    const backInMs = AWAY_MS.min + this.#random.below(AWAY_MS.spread);
    const back = gone.then(() => delay(backInMs)).then(() => this.#house.add(name));
    this.#mending.add(back);
    void back.finally(() => this.#mending.delete(back));
    return name;
  }

  async #terminate(pid: string, from: string): Promise<void> {
    await using admin = await openClient(this.#house.postgres.url());
    await admin.query(`select pg_terminate_backend(${pid}) from ${from}`);
  }
}
