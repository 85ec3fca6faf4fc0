import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { HomeRequest } from "@tidewire/protocol/cluster/home";
import type { Percentiles, ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import type { Bus, Subscription } from "../bus/bus.ts";
import { CHANGES_PUBLICATION } from "../changes/catalog.ts";
import { publishNotice } from "../changes/notices.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { formatLsn } from "../wal/lsn.ts";
import type { Session } from "../wal/session.ts";
import { dropClosedSlot } from "../wal/slot.ts";
import { answerRequest } from "./answer-request.ts";
import { ChangeEngine } from "./change-engine.ts";
import { keepPartitions, MESSAGES_PUBLICATION } from "./database-messages.ts";
import type { GapLedger } from "./gap-ledger.ts";
import type { HomeMeter } from "./home-metrics.ts";
import { serveHome } from "./home-server.ts";
import type { LostSpan } from "./lost-span.ts";
import { type DatabaseBroadcasts, MessageFeed } from "./message-feed.ts";
import { PolicyCheck } from "./policy-check.ts";
import { HomePool, type Lane } from "./pool.ts";
import { Rate } from "./rate.ts";
import { type FirstOutcome, Replication } from "./replication.ts";
import { SlotWatch } from "./slot-watch.ts";
import { toReplicationSnapshot } from "./snapshot.ts";
import { Upkeep } from "./upkeep.ts";

const STREAM_DEADLINE_MS = 8_000;
const UPKEEP_DEADLINE_MS = 5_000;

export interface HomeOptions {
  ref: string;
  node: string;
  boot: string;
  region: string;
  databaseUrl: string;
  /** Read each time they count, so that a change takes effect at once. */
  limits(): Pick<ProjectLimits, "databasePool">;
  settings(): Pick<ProjectSettings, "deletes" | "slotRetainedBytesMax">;
  bus: Bus;
  clock: Clock;
  log: Log;
  broadcasts: DatabaseBroadcasts;
  meter?: HomeMeter;
  /** Where losses are written down. */
  ledger: Pick<GapLedger, "record">;
  hadHome(): boolean;
  /** How long an answer of the policies is reused. */
  grantsFreshMs: number;
}

/**
 * This node as the home of one project: it alone holds connections to the project's database, a replication session and
 * a pool (promise P1), and answers the nodes that need something of it. It begins as a candidate; its end may come from
 * outside ({@link close}, {@link release}) or because another node was elected.
 */
export class Home {
  readonly #options: HomeOptions;
  readonly #pool: HomePool;
  readonly #policies: PolicyCheck;
  readonly #replication: Replication;
  readonly #engine: ChangeEngine;
  readonly #slotWatch: SlotWatch;
  readonly #upkeep: Upkeep;
  readonly #rate = new Rate();
  #server: Subscription | null = null;
  #sinceMs = 0;
  #usedAtMs: number;
  #isOver = false;

  constructor(options: HomeOptions) {
    const { ref, clock, log, bus, databaseUrl, limits } = options;
    this.#options = options;
    this.#usedAtMs = clock.monotonicMs();
    this.#pool = new HomePool({ databaseUrl, name: `tidewire_${ref}`, size: limits().databasePool, clock });
    this.#policies = new PolicyCheck({
      pool: this.#pool,
      clock,
      freshMs: options.grantsFreshMs,
      onChecked: (action, ms) => options.meter?.authorized(ref, action, ms),
    });
    const feed = new MessageFeed(options);
    this.#engine = new ChangeEngine({
      ...options,
      bus,
      feed,
      ask: (work) => this.#ask("stream", STREAM_DEADLINE_MS, work),
      askForNodes: (work) => this.#ask("check", STREAM_DEADLINE_MS, work),
      exclusively: (work) => this.#replication.exclusively(work),
      unwantedLsn: () => this.#replication.unwantedLsn,
      announce: () => this.#announce(),
      notify: (notice) => this.#notify(notice),
      onTablesChanged: () => this.#replication.followPublications(),
    });
    this.#replication = new Replication({
      ref,
      databaseUrl,
      publications: [CHANGES_PUBLICATION, MESSAGES_PUBLICATION],
      clock,
      log,
      isWanted: (relation) => this.#engine.isWanted(relation),
      onTerm: (session, term, onElected) =>
        this.#engine.onTerm(session, term, () => {
          // Not sooner: before the catalog is read nobody's bindings can be judged.
          this.#serve();
          onElected();
        }),
      publish: (batch) => this.#engine.publish(batch),
      ask: (work, deadlineMs) => this.#ask("stream", deadlineMs, work),
      notify: (notice) => this.#notify(notice),
      former: this.#engine.registrations.former,
      onLost: (lost) => this.#recordGap(lost),
    });
    this.#slotWatch = new SlotWatch(this.#replication.slot, log);
    this.#upkeep = new Upkeep(clock, log, {
      beat: () => this.#beat(),
      look: () => this.#look(),
      news: () => this.#lookForNews(),
      partitions: () => this.#ask("upkeep", UPKEEP_DEADLINE_MS, keepPartitions),
    });
  }

  /** By the monotonic clock: when anybody last needed this home. */
  get usedAtMs(): number {
    return this.#usedAtMs;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get epoch(): number {
    return this.#engine.epoch;
  }

  /** It has the lock, or believes so. */
  get isElected(): boolean {
    const { state, term } = this.#replication;
    return term !== null && (state.kind === "streaming" || state.kind === "connecting");
  }

  touch(): void {
    this.#usedAtMs = this.#options.clock.monotonicMs();
  }

  /**
   * Stands for election. Resolves when the first attempt has ended; unless another node was elected, this home answers
   * requests from then on, with a database or without.
   *
   * @param onOver called once when another node was elected, now or later
   */
  start(onOver: () => void): Promise<FirstOutcome> {
    return new Promise((resolve) => {
      const onFirst = (outcome: FirstOutcome) => {
        if (outcome !== "elsewhere") this.#serve();
        resolve(outcome);
      };
      void this.#replication.run(onFirst).then(
        async (end) => {
          if (end === "closed") return;
          await this.#end();
          onOver();
        },
        async (error: unknown) => {
          this.#options.log.error({ err: error, ref: this.#options.ref }, "the home ended by a defect");
          await this.#end();
          onOver();
        },
      );
    });
  }

  resize(): void {
    this.#pool.resize(this.#options.limits().databasePool);
  }

  /** Hands over: what is in hand goes out, the lock is given back, the slot stays. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    const { epoch } = this.#engine;
    const { ref, node } = this.#options;
    await this.#end();
    this.#notify({ kind: "stepped-down", ref, node, epoch });
  }

  /** Nobody needs the project any more, or it is being deleted: the slot goes too. */
  async release(): Promise<void> {
    if (this.#isOver) return;
    const { ref, log } = this.#options;
    await this.#replication.close();
    try {
      await this.#ask("upkeep", UPKEEP_DEADLINE_MS, (session) =>
        dropClosedSlot(session, this.#replication.slot),
      );
    } catch (error) {
      log.warn({ err: error, ref }, "the slot could not be dropped");
    }
    await this.close();
  }

  snapshot(socket: Percentiles | undefined): ReplicationSnapshot {
    const { node, region, clock, settings } = this.#options;
    const nowMs = clock.nowMs();
    return toReplicationSnapshot({
      node,
      region,
      nowMs,
      homeSinceMs: this.#sinceMs,
      replication: this.#replication,
      engine: this.#engine,
      slot: this.#slotWatch.status,
      pool: this.#pool.gauges,
      grants: this.#policies.cache,
      retainedBytesMax: settings().slotRetainedBytesMax,
      changesPerSecond: this.#rate.perSecond,
      socket,
    });
  }

  #serve(): void {
    if (this.#server !== null || this.#isOver) return;
    const { ref, bus, clock, log, meter } = this.#options;
    this.#sinceMs = clock.nowMs();
    const parts = {
      pool: this.#pool,
      policies: this.#policies,
      replication: this.#replication,
      engine: this.#engine,
    };
    const snapshot = () => this.snapshot(undefined);
    const answer = (request: HomeRequest, deadlineMs: number) => {
      this.touch();
      return answerRequest({ ref, clock, meter, snapshot, ...parts }, request, deadlineMs);
    };
    this.#server = serveHome({ ref, bus, clock, log, answer });
    this.#upkeep.start();
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    this.#upkeep.stop();
    this.#server?.unsubscribe();
    await this.#replication.close();
    await this.#pool.close();
  }

  #recordGap({ cause, fromLsn, toLsn }: LostSpan): void {
    const { ref, node, clock, ledger } = this.#options;
    const span = { fromLsn: formatLsn(fromLsn), toLsn: formatLsn(toLsn) };
    ledger.record({ ref, node, atMs: clock.nowMs(), cause, ...span, ...this.#engine.audience });
  }

  #beat(): void {
    this.#announce();
    this.#announcePolicies();
    this.#rate.sample(this.#engine.publisher.lag.changes, this.#options.clock.monotonicMs());
  }

  async #look(): Promise<void> {
    this.#engine.registrations.expire();
    const { slotRetainedBytesMax } = this.#options.settings();
    const verdict = await this.#ask("upkeep", UPKEEP_DEADLINE_MS, (session) =>
      this.#slotWatch.look(session, slotRetainedBytesMax),
    );
    if (verdict === "give-up") this.#replication.giveUpSlot();
  }

  async #lookForNews(): Promise<void> {
    const { prints, isNews } = await this.#policies.look();
    if (isNews) this.#announcePolicies();
    await this.#engine.accept(prints);
  }

  #ask<T>(lane: Lane, deadlineMs: number, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#pool.run({ lane, deadlineMs, stage: lane }, work);
  }

  /** Only an elected home beats: others must not take one without a database for a home. */
  #announce(): void {
    const { ref, node, boot } = this.#options;
    if (this.#replication.state.kind === "lost" || this.epoch === 0) return;
    this.#notify({ kind: "home", ref, node, boot, epoch: this.epoch });
  }

  /** Again and again: a node that missed it, or came late, finds its channels' grants of another print. */
  #announcePolicies(): void {
    const { print } = this.#policies;
    if (print !== undefined) this.#notify({ kind: "authorization", ref: this.#options.ref, print });
  }

  #notify(notice: HomeNotice): void {
    publishNotice(this.#options.bus, notice);
  }
}
