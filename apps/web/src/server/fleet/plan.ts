/**
 * What the fleet should do next, as a function of values. A region of N wanted nodes owns the slots 0..N-1; a slot keeps
 * its node's id and port for ever, so that a node that was killed comes back where its clients look for it.
 */
import { formatDuration } from "../../lib/format.ts";

export interface DesiredRegion {
  region: string;
  nodes: number;
}

/** One process of a slot, running or ended. */
export interface KnownNode {
  id: string;
  region: string;
  slot: number;
  process: "running" | "exited";
  startedAtMs: number;
  exitedAtMs: number | null;
  /** Last beat of exactly this process. */
  beatAtMs: number | null;
  /** Since when its admin port has not answered; null while it does, or was not asked. */
  unreachableSinceMs: number | null;
  /** When this reconciler (or an earlier one) asked it to end. */
  stoppingSinceMs: number | null;
  /** Ends in a row that nobody asked for, without a stable life between them. */
  crashes: number;
}

export type Action =
  | { kind: "start"; id: string; region: string; slot: number; reason: string }
  | { kind: "stop"; id: string; reason: string }
  | { kind: "kill"; id: string; reason: string }
  | { kind: "forget"; id: string; reason: string }
  /** Nothing yet, and why: shown on the fleet page. */
  | { kind: "wait"; id: string; untilMs: number; reason: string };

export interface PlanLimits {
  /** What a node is given to drain, plus what its exit may take. */
  drainMs: number;
}

/** First start on a loaded machine takes about 3 s; a node that needs ten times that hangs. */
export const START_DEADLINE_MS = 30_000;
/** Four database beats of 5 s missed, and nothing heard on the admin port either. */
export const BEAT_LOST_MS = 20_000;
export const UNREACHABLE_MS = 10_000;
/** A node cuts its own exit off 4 s after its drain. */
const EXIT_GRACE_MS = 5_000;
/** A life this long makes the next crash a first one again. */
export const STABLE_LIFE_MS = 60_000;
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;

function nodeIdOf(region: string, slot: number): string {
  return `${region}-${slot + 1}`;
}

/** The first crash is answered at once: a killed node must be back within seconds. */
export function restartDelayMs(crashes: number): number {
  if (crashes <= 1) return 0;
  return Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (crashes - 2));
}

export function plan(
  desired: readonly DesiredRegion[],
  known: readonly KnownNode[],
  nowMs: number,
  limits: PlanLimits,
): Action[] {
  const wanted = new Map<string, { region: string; slot: number }>();
  for (const { region, nodes } of desired) {
    for (let slot = 0; slot < nodes; slot++) wanted.set(nodeIdOf(region, slot), { region, slot });
  }
  const actions = known.flatMap((node) => judge(node, wanted.has(node.id), nowMs, limits));
  const occupied = new Set(known.map((node) => node.id));
  for (const [id, { region, slot }] of wanted) {
    if (!occupied.has(id)) actions.push({ kind: "start", id, region, slot, reason: "the region wants it" });
  }
  return actions;
}

function judge(node: KnownNode, isWanted: boolean, nowMs: number, limits: PlanLimits): Action[] {
  if (node.process === "exited") return judgeExited(node, isWanted, nowMs);
  const { id } = node;
  if (node.stoppingSinceMs !== null) {
    const overdue = nowMs - node.stoppingSinceMs > limits.drainMs + EXIT_GRACE_MS;
    return overdue ? [{ kind: "kill", id, reason: "it did not end within its drain deadline" }] : [];
  }
  if (!isWanted) return [{ kind: "stop", id, reason: "the region wants fewer nodes" }];
  if (node.beatAtMs === null) {
    const overdue = nowMs - node.startedAtMs > START_DEADLINE_MS && isUnreachable(node, nowMs);
    return overdue
      ? [{ kind: "kill", id, reason: `no beat ${formatDuration(nowMs - node.startedAtMs)} after its start` }]
      : [];
  }
  const lost = nowMs - node.beatAtMs > BEAT_LOST_MS && isUnreachable(node, nowMs);
  return lost
    ? [
        {
          kind: "kill",
          id,
          reason: `no beat for ${formatDuration(nowMs - node.beatAtMs)} and no answer on its admin port`,
        },
      ]
    : [];
}

function judgeExited(node: KnownNode, isWanted: boolean, nowMs: number): Action[] {
  const { id, region, slot } = node;
  if (!isWanted) return [{ kind: "forget", id, reason: "it has ended, as wanted" }];
  const untilMs = (node.exitedAtMs ?? nowMs) + restartDelayMs(node.crashes);
  if (nowMs < untilMs) {
    const reason = `it ended ${node.crashes} times in a row; next try in ${formatDuration(untilMs - nowMs)}, see its log`;
    return [{ kind: "wait", id, untilMs, reason }];
  }
  return [{ kind: "start", id, region, slot, reason: "its process has ended" }];
}

/** Beats go through the control database, which may itself be the trouble; only a deaf admin port convicts. */
function isUnreachable(node: KnownNode, nowMs: number): boolean {
  return node.unreachableSinceMs !== null && nowMs - node.unreachableSinceMs > UNREACHABLE_MS;
}
