import type { Misroute } from "@tidewire/protocol/cluster/inspect";
import { RouteReport } from "@tidewire/protocol/cluster/routes";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus, Subscription } from "../bus/bus.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import { DatabaseProbes } from "./database-probes.ts";
import type { Identity } from "./identity.ts";
import type { measureConnect } from "./measure-connect.ts";
import { BETTER_BY_MS, type Distance, judgeRoute, type RouteWatch } from "./misroute.ts";
import type { RoundTrips } from "./rtt-window.ts";

const REPORT_MS = 10_000;
/** Three reports may be missed before a node's word is void. */
const REPORT_VALID_MS = 35_000;
/** Projects of other nodes that this one measures beside its own. */
const FAR_MAX = 200;

interface Options {
  identity: Identity;
  bus: Pick<Bus, "publish" | "subscribe">;
  clock: Clock;
  log: Log;
  projects: {
    /** With a channel on this node. */
    inUse(): Iterable<string>;
    /** Whose home is this node. */
    homes(): Iterable<string>;
    /** Undefined for one that is not known here yet; asking makes it known. */
    databaseUrl(ref: string): string | undefined;
  };
  /** Default: the time of a TCP connection. */
  measure?: typeof measureConnect;
  onMisroute(misroute: Misroute, change: "began" | "ended"): void;
}

interface Heard extends RouteReport {
  atMs: number;
}

/**
 * Whether the homes of projects are near their databases. Every node says what it measures to the databases of the
 * projects that it serves; where a home is far from its database, all other nodes measure too, so that a better region is
 * found even when nobody is connected there. The owner closes it.
 */
export class ProjectRoutes {
  readonly #options: Options;
  readonly #probes: DatabaseProbes;
  readonly #reports = new Map<string, Heard>();
  readonly #watches = new Map<string, RouteWatch>();
  readonly #subscription: Subscription;
  readonly #timer: Timer;

  constructor(options: Options) {
    this.#options = options;
    const { bus, clock, measure } = options;
    this.#probes = new DatabaseProbes({ clock, measure, databases: () => this.#databases() });
    this.#subscription = bus.subscribe(subjects.routes(), ({ data }) => this.#onReport(data), {
      echo: false,
    });
    this.#timer = clock.every(REPORT_MS, () => this.#tick());
  }

  /** What this node has measured. */
  routes(): ({ ref: string } & RoundTrips)[] {
    return [...this.#databases()].flatMap(({ ref, databaseUrl }) => {
      const route = this.#probes.route(databaseUrl);
      return route === undefined ? [] : [{ ref, ...route }];
    });
  }

  misroutes(): Misroute[] {
    return [...this.#watches].flatMap(([ref, watch]) =>
      watch.isMisrouted ? [this.#toMisroute(ref, watch)] : [],
    );
  }

  /** To the database of a project that is known here; null when it cannot be reached in time. */
  async rttMs(ref: string, timeoutMs: number): Promise<number | null> {
    const databaseUrl = this.#options.projects.databaseUrl(ref);
    return databaseUrl === undefined ? null : this.#probes.rttMs(databaseUrl, timeoutMs);
  }

  /** Whether this node, a project's home, should hand it to one that has long been clearly nearer. */
  isMisrouted(ref: string): boolean {
    return this.#watches.get(ref)?.isMisrouted === true;
  }

  /** Projects whose home is elsewhere and clearly farther from the database than this node. */
  *candidacies(): Iterable<string> {
    for (const [ref, homeRttMs] of this.#farHomes()) {
      const databaseUrl = this.#options.projects.databaseUrl(ref);
      const own = databaseUrl === undefined ? undefined : this.#probes.route(databaseUrl);
      if (own !== undefined && homeRttMs - own.p50Ms >= BETTER_BY_MS) yield ref;
    }
  }

  close(): void {
    this.#timer.stop();
    this.#subscription.unsubscribe();
    this.#probes.close();
  }

  *#databases(): Iterable<{ ref: string; databaseUrl: string }> {
    const { inUse, homes, databaseUrl } = this.#options.projects;
    for (const ref of new Set([...inUse(), ...homes(), ...this.#farHomes().keys()])) {
      const url = databaseUrl(ref);
      if (url !== undefined) yield { ref, databaseUrl: url };
    }
  }

  /** Homes of other nodes that are far enough from their database for another to be clearly better. */
  #farHomes(): Map<string, number> {
    const far = new Map<string, number>();
    for (const { homes, databases } of this.#reports.values()) {
      for (const ref of homes) {
        const rttMs = databases[ref];
        if (rttMs !== undefined && rttMs >= BETTER_BY_MS && far.size < FAR_MAX) far.set(ref, rttMs);
      }
    }
    return far;
  }

  #tick(): void {
    const { identity, bus, clock, projects } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [boot, { atMs }] of this.#reports)
      if (nowMs - atMs > REPORT_VALID_MS) this.#reports.delete(boot);
    const { node, boot, region } = identity;
    const databases = Object.fromEntries(this.routes().map(({ ref, p50Ms }) => [ref, p50Ms]));
    const homes = [...projects.homes()];
    const report: RouteReport = { node, boot, region, databases, homes };
    bus.publish(subjects.routes(), new TextEncoder().encode(JSON.stringify(report)));
    for (const ref of this.#watches.keys()) if (!homes.includes(ref)) this.#forget(ref);
    for (const ref of homes) this.#judge(ref, databases[ref], nowMs);
  }

  #judge(ref: string, rttMs: number | undefined, nowMs: number): void {
    if (rttMs === undefined) return;
    const { identity, onMisroute } = this.#options;
    const others: Distance[] = [...this.#reports.values()].flatMap(({ region, databases }) => {
      const theirs = databases[ref];
      return theirs === undefined ? [] : [{ region, rttMs: theirs }];
    });
    const here = { region: identity.region, rttMs };
    const before = this.#watches.get(ref);
    const { watch, change } = judgeRoute(before, here, others, nowMs);
    this.#watches.set(ref, watch);
    if (change === "began") onMisroute(this.#toMisroute(ref, watch), change);
    else if (change === "ended" && before !== undefined) onMisroute(this.#toMisroute(ref, before), change);
  }

  /** Its home is elsewhere now. */
  #forget(ref: string): void {
    const watch = this.#watches.get(ref);
    this.#watches.delete(ref);
    if (watch?.isMisrouted) this.#options.onMisroute(this.#toMisroute(ref, watch), "ended");
  }

  #toMisroute(ref: string, { better, here, sinceMs }: RouteWatch): Misroute {
    const { clock } = this.#options;
    return {
      kind: "project",
      ref,
      who: ref,
      region: here.region,
      rttMs: here.rttMs,
      betterRegion: better?.region ?? "",
      betterRttMs: better?.rttMs ?? 0,
      sinceMs: clock.nowMs() - (clock.monotonicMs() - sinceMs),
    };
  }

  #onReport(data: Uint8Array): void {
    const { clock, log, projects } = this.#options;
    const report = parseReport(data);
    if (report === undefined) {
      log.warn({ bytes: data.byteLength }, "a report of routes could not be read");
      return;
    }
    this.#reports.set(report.boot, { ...report, atMs: clock.monotonicMs() });
    // Asking for the address of a far home's database makes the project known here, for the next round of probes.
    for (const ref of this.#farHomes().keys()) projects.databaseUrl(ref);
  }
}

function parseReport(data: Uint8Array): RouteReport | undefined {
  try {
    return RouteReport.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return undefined;
  }
}
