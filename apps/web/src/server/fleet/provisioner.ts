import type { NodeRow } from "@tidewire/db/node-store";
import type { DrivenNode, NodeDriver } from "./driver.ts";
import { type Action, type KnownNode, STABLE_LIFE_MS } from "./plan.ts";

/** Two database beats of 5 s missed. */
const LATE_BEAT_MS = 11_000;

interface Life {
  node: DrivenNode;
  exitedAtMs: number | null;
  stoppingSinceMs: number | null;
  unreachableSinceMs: number | null;
  crashes: number;
}

/** What the provisioner saw or did, for the fleet page and the log. */
export interface FleetEvent {
  atMs: number;
  level: "info" | "warn";
  sentence: string;
}

interface ProvisionerOptions {
  driver: NodeDriver;
  nowMs: () => number;
  /** A node's process ended: the next plan should not wait. */
  onExit: () => void;
  onEvent: (event: FleetEvent) => void;
}

/** Knows the processes of the fleet and carries out what the plan says. */
export class Provisioner {
  readonly #driver: NodeDriver;
  readonly #nowMs: () => number;
  readonly #onExit: () => void;
  readonly #onEvent: (event: FleetEvent) => void;
  readonly #lives = new Map<string, Life>();

  constructor({ driver, nowMs, onExit, onEvent }: ProvisionerOptions) {
    this.#driver = driver;
    this.#nowMs = nowMs;
    this.#onExit = onExit;
    this.#onEvent = onEvent;
    driver.onExit((node, how) => this.#ended(node, how));
  }

  /** Takes over what an earlier leader has started. */
  adopt(): void {
    for (const node of this.#driver.adopt()) {
      if (this.#lives.has(node.id)) continue;
      this.#lives.set(node.id, {
        node,
        exitedAtMs: null,
        stoppingSinceMs: null,
        unreachableSinceMs: null,
        crashes: 0,
      });
      this.#tell("info", `${node.id} (pid ${node.pid}) was running already and is looked after again.`);
    }
  }

  /** The fleet as the plan wants it, with the beats the control database knows. */
  known(rows: readonly NodeRow[]): KnownNode[] {
    const beats = new Map(rows.map((row) => [row.id, row]));
    return [...this.#lives.values()].map((life) => this.#toKnown(life, beats.get(life.node.id)));
  }

  /** Asks the nodes whose beats are late whether they are there at all. */
  async listen(rows: readonly NodeRow[], answers: (node: DrivenNode) => Promise<boolean>): Promise<void> {
    const nowMs = this.#nowMs();
    const late = this.known(rows).filter(
      ({ process, beatAtMs, startedAtMs }) =>
        process === "running" && nowMs - (beatAtMs ?? startedAtMs) > LATE_BEAT_MS,
    );
    const lateIds = new Set(late.map((node) => node.id));
    for (const life of this.#lives.values()) if (!lateIds.has(life.node.id)) life.unreachableSinceMs = null;
    await Promise.all(
      late.map(async ({ id }) => {
        const life = this.#lives.get(id);
        if (life === undefined) return;
        const isThere = await answers(life.node);
        life.unreachableSinceMs = isThere ? null : (life.unreachableSinceMs ?? nowMs);
      }),
    );
  }

  /** Rows that still speak of processes which ended without a goodbye and will not be started again. */
  findDead(rows: readonly NodeRow[]): NodeRow[] {
    return rows.filter(
      (row) => row.state !== "gone" && !this.#lives.has(row.id) && this.#driver.isKnownDead(row),
    );
  }

  /** @throws what the driver throws when a node cannot be started */
  async carryOut(action: Action): Promise<void> {
    if (action.kind === "start") return this.#start(action);
    const life = this.#lives.get(action.id);
    if (life === undefined) return;
    if (action.kind === "stop") {
      life.stoppingSinceMs = this.#nowMs();
      this.#driver.stop(life.node);
      this.#tell("info", `${action.id} drains: ${action.reason}.`);
    } else if (action.kind === "kill") {
      this.#driver.kill(life.node);
      this.#tell("warn", `${action.id} was killed: ${action.reason}.`);
    } else if (action.kind === "forget") {
      this.#driver.forget(life.node);
      this.#lives.delete(action.id);
      this.#tell("info", `${action.id} is gone: ${action.reason}.`);
    }
  }

  async #start({ id, region, slot, reason }: Extract<Action, { kind: "start" }>): Promise<void> {
    const crashes = this.#lives.get(id)?.crashes ?? 0;
    const node = await this.#driver.start({ id, region, slot });
    this.#lives.set(id, { node, exitedAtMs: null, stoppingSinceMs: null, unreachableSinceMs: null, crashes });
    this.#tell("info", `${id} was started on port ${node.port} (pid ${node.pid}): ${reason}.`);
  }

  #ended(node: DrivenNode, how: string): void {
    const life = this.#lives.get(node.id);
    if (life === undefined || life.node.pid !== node.pid || life.exitedAtMs !== null) return;
    life.exitedAtMs = this.#nowMs();
    const expected = life.stoppingSinceMs !== null || how === "exit code 0";
    const stable = life.exitedAtMs - node.startedAtMs > STABLE_LIFE_MS;
    life.crashes = expected ? 0 : stable ? 1 : life.crashes + 1;
    this.#tell(expected ? "info" : "warn", `${node.id} (pid ${node.pid}) ended: ${how}.`);
    this.#onExit();
  }

  #toKnown(life: Life, row: NodeRow | undefined): KnownNode {
    const { node } = life;
    // Adopted processes are nobody's children here, so their end is seen by looking.
    if (life.exitedAtMs === null && !this.#driver.isRunning(node)) this.#ended(node, "its process is gone");
    const isOwnRow = row?.pid === node.pid;
    // Somebody else asked it to leave, or did so before this dashboard started; a second signal would cut its drain off.
    if (isOwnRow && row.state === "draining") life.stoppingSinceMs ??= this.#nowMs();
    const { id, region, slot, startedAtMs } = node;
    const { exitedAtMs, stoppingSinceMs, unreachableSinceMs, crashes } = life;
    return {
      id,
      region,
      slot,
      process: exitedAtMs === null ? "running" : "exited",
      startedAtMs,
      exitedAtMs,
      beatAtMs: isOwnRow && row.state !== "gone" ? row.beatAtMs : null,
      unreachableSinceMs,
      stoppingSinceMs,
      crashes,
    };
  }

  #tell(level: FleetEvent["level"], sentence: string): void {
    this.#onEvent({ atMs: this.#nowMs(), level, sentence });
  }
}
