import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { Percentiles, ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import { Refusal } from "@tidewire/protocol/errors";
import type { Bus, Subscription } from "../bus/bus.ts";
import { HOME_BEAT_MS, hear, isHomeMissing, type KnownHome } from "../changes/known-home.ts";
import { onNotices } from "../changes/notices.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Project } from "../projects/project.ts";
import type { ProjectRegistry } from "../projects/registry.ts";
import { dropSlotOf } from "./drop-slot.ts";
import type { GapLedger } from "./gap-ledger.ts";
import { Home } from "./home.ts";
import type { HomeMeter } from "./home-metrics.ts";
import type { DatabaseBroadcasts } from "./message-feed.ts";

/** A project that nobody has used for this long gives its database back everything. */
const IDLE_RELEASE_MS = 10 * 60_000;
/** How often a node says that it still needs a project whose home is elsewhere. */
const WANTED_PERIOD_MS = 60_000;

interface Options {
  bus: Bus;
  node: string;
  boot: string;
  region: string;
  registry: Pick<ProjectRegistry, "find" | "peek" | "onChanged" | "onRemoved">;
  clock: Clock;
  log: Log;
  broadcasts: DatabaseBroadcasts;
  meter?: HomeMeter;
  ledger: Pick<GapLedger, "record">;
  grantsFreshMs: number;
  /** Projects with a channel on this node: they need a home, also for messages sent from their database. */
  refsInUse(): Iterable<string>;
  /** Prefers the home that is nearest to the database (promise P5). */
  nearness?: {
    /** Resolves when it is this node's turn to stand for election. */
    standOff(ref: string): Promise<void>;
    /** Another node has long been clearly nearer to the database of this home. */
    isMisrouted(ref: string): boolean;
    /** Projects without a channel here whose home this node should be. */
    candidacies(): Iterable<string>;
  };
  /** From the bus to the socket, as this node's receivers measure it. */
  socketLag?(ref: string): Percentiles | undefined;
}

/** What this node hears about the home of a project that it uses. */
interface Watched {
  home: KnownHome | null;
  /** Whoever comes after a home has channels to gather. */
  hadHome: boolean;
  readonly subscriptions: readonly Subscription[];
}

/**
 * Elections and homes of this node. A project in use whose home is silent gets an election here; a home that nobody
 * needs any more is released after ten minutes.
 */
export class Homes {
  readonly #options: Options;
  readonly #homes = new Map<string, Home>();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #watched = new Map<string, Watched>();
  readonly #unlisten: (() => void)[];
  readonly #timers: Timer[];
  #closed = false;

  constructor(options: Options) {
    const { clock, registry } = options;
    this.#options = options;
    this.#timers = [
      clock.every(HOME_BEAT_MS, () => this.#look()),
      clock.every(WANTED_PERIOD_MS, () => this.#sayWanted()),
    ];
    this.#unlisten = [
      registry.onChanged((project, previous) => this.#onProjectChanged(project, previous?.databaseUrl)),
      registry.onRemoved((project) => void this.#drop(project.ref, (home) => home.close())),
    ];
  }

  /** Projects whose home is this node. */
  get refs(): string[] {
    return [...this.#homes.keys()];
  }

  /**
   * Sees to it that the project has a home. Resolves when one may be asked: here or elsewhere.
   *
   * @throws Refusal TenantNotFound
   */
  async want(ref: string): Promise<void> {
    if (this.#closed)
      throw new Refusal("HomeUnavailable", { stage: "home", message: "this node is going away" });
    this.#watch(ref);
    const starting = this.#starting.get(ref);
    if (starting !== undefined) return starting;
    const home = this.#homes.get(ref);
    if (home !== undefined) return home.touch();
    const started = this.#start(ref).finally(() => this.#starting.delete(ref));
    this.#starting.set(ref, started);
    return started;
  }

  /** Null unless this node is the project's home. */
  snapshot(ref: string): ReplicationSnapshot | null {
    return this.#homes.get(ref)?.snapshot(this.#options.socketLag?.(ref)) ?? null;
  }

  /** The project is being deleted: its slot and connections go, whoever holds them. Bounded. */
  async release(ref: string): Promise<void> {
    if (this.#homes.has(ref)) return this.#drop(ref, (home) => home.release());
    const project = this.#options.registry.peek(ref);
    if (project === undefined || !this.#isHomeMissing(ref)) return;
    await dropSlotOf(project.record.databaseUrl, ref, this.#options.log);
  }

  /** Lets go of the project's database as a whole, slot kept; whoever needs it next elects a home anew. */
  async shutdown(ref: string): Promise<void> {
    await this.#drop(ref, (home) => home.close());
  }

  /** Hands every project over. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.stop();
    for (const unlisten of this.#unlisten) unlisten();
    for (const { subscriptions } of this.#watched.values())
      for (const each of subscriptions) each.unsubscribe();
    await Promise.all(this.#starting.values()).catch(() => undefined);
    await Promise.all([...this.#homes.keys()].map((ref) => this.#drop(ref, (home) => home.close())));
  }

  async #start(ref: string): Promise<void> {
    const project = await this.#options.registry.find(ref);
    if (project === undefined) throw new Refusal("TenantNotFound", { stage: "home" });
    await this.#options.nearness?.standOff(ref);
    if (this.#closed) return;
    const home = this.#createHome(project);
    this.#homes.set(ref, home);
    const outcome = await home.start(() => this.#forget(ref, home));
    if (outcome === "elsewhere") this.#forget(ref, home);
  }

  #createHome(project: Project): Home {
    const { ref } = project;
    return new Home({
      ...this.#options,
      ref,
      databaseUrl: project.record.databaseUrl,
      hadHome: () => this.#watched.get(ref)?.hadHome ?? false,
      limits: () => project.record.limits,
      settings: () => project.record.settings,
    });
  }

  #forget(ref: string, home: Home): void {
    if (this.#homes.get(ref) === home) this.#homes.delete(ref);
  }

  async #drop(ref: string, end: (home: Home) => Promise<void>): Promise<void> {
    const home = this.#homes.get(ref);
    if (home === undefined) return;
    this.#homes.delete(ref);
    await end(home).catch((err: unknown) =>
      this.#options.log.warn({ err, ref }, "a home did not end cleanly"),
    );
  }

  #look(): void {
    const inUse = new Set(this.#options.refsInUse());
    for (const ref of inUse) {
      this.#watch(ref);
      const home = this.#homes.get(ref);
      if (home !== undefined) home.touch();
      else if (this.#isHomeMissing(ref)) this.#tryWant(ref);
    }
    const candidacies = new Set(this.#options.nearness?.candidacies());
    for (const ref of candidacies) this.#watch(ref);
    const nowMs = this.#options.clock.monotonicMs();
    for (const [ref, home] of this.#homes) {
      if (this.#options.nearness?.isMisrouted(ref)) void this.#drop(ref, (each) => each.close());
      else if (nowMs - home.usedAtMs > IDLE_RELEASE_MS) void this.#drop(ref, (each) => each.release());
    }
    for (const ref of this.#watched.keys()) {
      if (!inUse.has(ref) && !candidacies.has(ref) && !this.#homes.has(ref)) this.#unwatch(ref);
    }
  }

  #tryWant(ref: string): void {
    this.want(ref).catch((err: unknown) => this.#options.log.debug({ err, ref }, "no home could be elected"));
  }

  #sayWanted(): void {
    for (const ref of this.#options.refsInUse()) {
      if (!this.#homes.has(ref)) this.#options.bus.publish(subjects.homeWanted(ref), EMPTY);
    }
  }

  #isHomeMissing(ref: string): boolean {
    return isHomeMissing(this.#watched.get(ref)?.home ?? null, this.#options.clock.monotonicMs());
  }

  #watch(ref: string): void {
    if (this.#watched.has(ref)) return;
    const { bus } = this.#options;
    const onWanted = () => this.#homes.get(ref)?.touch();
    const subscriptions = [
      onNotices(bus, ref, (notice) => this.#onNotice(notice)),
      bus.subscribe(subjects.homeWanted(ref), onWanted),
    ];
    this.#watched.set(ref, { home: null, hadHome: false, subscriptions });
  }

  #unwatch(ref: string): void {
    for (const subscription of this.#watched.get(ref)?.subscriptions ?? []) subscription.unsubscribe();
    this.#watched.delete(ref);
  }

  #onNotice(notice: HomeNotice): void {
    const { ref } = notice;
    const watched = this.#watched.get(ref);
    if (watched === undefined) return;
    const previous = watched.home;
    watched.home = hear(previous, notice, this.#options.clock.monotonicMs());
    watched.hadHome ||= watched.home !== null;
    this.#yieldTo(notice);
    const hasSteppedDown = previous !== null && watched.home === null;
    const { refsInUse, nearness } = this.#options;
    const stands = isIn(ref, refsInUse()) || isIn(ref, nearness?.candidacies() ?? []);
    if (hasSteppedDown && stands) this.#tryWant(ref);
  }

  /** While a database is away several nodes stand for election; who hears of another's does not answer for it any more. */
  #yieldTo(notice: HomeNotice): void {
    if (notice.kind !== "home" || notice.boot === this.#options.boot) return;
    const own = this.#homes.get(notice.ref);
    if (own !== undefined && !own.isElected && own.epoch < notice.epoch)
      void this.#drop(notice.ref, (home) => home.close());
  }

  #onProjectChanged({ ref, record }: Project, previousUrl: string | undefined): void {
    if (previousUrl === undefined || previousUrl === record.databaseUrl) this.#homes.get(ref)?.resize();
    else void this.#drop(ref, (home) => home.close());
  }
}

const EMPTY = new Uint8Array();

function isIn(ref: string, refs: Iterable<string>): boolean {
  for (const each of refs) if (each === ref) return true;
  return false;
}
