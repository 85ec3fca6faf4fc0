import type { FleetReport } from "@tidewire/db/fleet-report";
import type { NodeRow } from "@tidewire/db/node-store";
import type { ReconcilerView } from "../views/fleet.ts";
import type { NodeDriver } from "./driver.ts";
import { type Action, type DesiredRegion, type PlanLimits, plan } from "./plan.ts";
import { type FleetEvent, Provisioner } from "./provisioner.ts";

const PASS_EVERY_MS = 1_000;
const EVENTS_KEPT = 50;
/** What the other dashboards show may be this old; news are told with the pass that brought them. */
const REPORT_EVERY_MS = 5_000;

/** Who may act, and what should be: answered by the control database. */
export interface FleetSource {
  /** @throws when the control database does not answer */
  lead(): Promise<boolean>;
  desired(): Promise<DesiredRegion[]>;
  nodes(): Promise<NodeRow[]>;
  /** Whether anything answers on a node's admin port, within its own deadline. */
  answers(adminUrl: string): Promise<boolean>;
  /** The node has ended and cannot say so itself. */
  markGone(node: NodeRow): Promise<void>;
  /** For the dashboards that do not lead. */
  report(report: FleetReport): Promise<void>;
  release(): Promise<void>;
}

export interface ReconcilerOptions {
  source: FleetSource;
  driver: NodeDriver;
  limits: PlanLimits;
  nowMs: () => number;
  log: Pick<Console, "info" | "warn">;
}

/**
 * Compares the nodes that should run with those that do, every second and whenever one ends, and acts on the
 * difference. Only the leader acts; with the control database away nobody leads, and nothing changes until it is back.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #provisioner: Provisioner;
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #isLeader = false;
  #lastPassAtMs: number | null = null;
  #events: FleetEvent[] = [];
  #problems: string[] = [];
  #reported = { atMs: Number.NEGATIVE_INFINITY, news: "" };

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#provisioner = new Provisioner({
      driver: options.driver,
      nowMs: options.nowMs,
      onExit: () => this.kick(),
      onEvent: (event) => this.#remember(event),
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.kick(), PASS_EVERY_MS);
    this.kick();
  }

  /** Runs a pass now, or right after the one that is running. */
  kick(): void {
    if (this.#closed) return;
    if (this.#pass !== undefined) {
      this.#again = true;
      return;
    }
    this.#pass = this.#run().finally(() => {
      this.#pass = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.kick();
    });
  }

  view(): ReconcilerView {
    return {
      role: this.#isLeader ? "leader" : "follower",
      lastPassAtMs: this.#lastPassAtMs,
      actions: this.#events.map(({ atMs, sentence }) => ({ atMs, sentence })),
      problems: this.#problems,
    };
  }

  /** Stops looking after the nodes; they keep running. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#pass;
    await this.#options.source.release();
  }

  async #run(): Promise<void> {
    try {
      await this.#lead();
      if (this.#isLeader) this.#problems = await this.#reconcile();
      this.#lastPassAtMs = this.#options.nowMs();
      if (this.#isLeader) await this.#report(this.#lastPassAtMs);
    } catch (error) {
      this.#isLeader = false;
      this.#problems = [
        `The fleet is not looked after right now: ${error instanceof Error ? error.message : error}.`,
      ];
    }
  }

  async #lead(): Promise<void> {
    const leads = await this.#options.source.lead();
    if (leads && !this.#isLeader) this.#provisioner.adopt();
    this.#isLeader = leads;
    if (!leads) this.#problems = [];
  }

  /** @returns what stands between the fleet and its desired state */
  async #reconcile(): Promise<string[]> {
    const { source, nowMs, limits } = this.#options;
    const [desired, rows] = await Promise.all([source.desired(), source.nodes()]);
    await this.#provisioner.listen(rows, (node) => source.answers(node.adminUrl));
    const actions = plan(desired, this.#provisioner.known(rows), nowMs(), limits);
    const problems: string[] = [];
    for (const action of actions) problems.push(...(await this.#carryOut(action)));
    for (const row of this.#provisioner.findDead(rows)) await source.markGone(row);
    return problems;
  }

  async #report(nowMs: number): Promise<void> {
    const { actions, problems } = this.view();
    const news = JSON.stringify([actions, problems]);
    if (news === this.#reported.news && nowMs - this.#reported.atMs < REPORT_EVERY_MS) return;
    await this.#options.source.report({ lastPassAtMs: nowMs, actions, problems });
    this.#reported = { atMs: nowMs, news };
  }

  async #carryOut(action: Action): Promise<string[]> {
    if (action.kind === "wait") return [`${action.id}: ${action.reason}.`];
    try {
      await this.#provisioner.carryOut(action);
      return [];
    } catch (error) {
      return [`${action.id} cannot be started: ${error instanceof Error ? error.message : error}`];
    }
  }

  #remember(event: FleetEvent): void {
    this.#events = [event, ...this.#events].slice(0, EVENTS_KEPT);
    this.#options.log[event.level](event.sentence);
  }
}
