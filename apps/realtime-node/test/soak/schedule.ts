import { seededRandom } from "@tidewire/testkit/seeded-random";

/** What is done to the fleet. A node that was killed or drained is started again by a step of its own. */
export type Fault =
  | { kind: "kill"; node: number }
  | { kind: "drain"; node: number }
  | { kind: "start"; node: number }
  | { kind: "cut"; region: string }
  | { kind: "mend" };

export interface Step {
  /** Since the start of the soak. */
  atMs: number;
  fault: Fault;
}

export interface SoakPlan {
  seed: number;
  durationMs: number;
  regions: readonly string[];
  /** Region of each node. */
  nodes: readonly string[];
}

/** The end is calm, so that everything that was broken can heal before it is judged. */
const CALM_SHARE = 0.1;
const PAUSE_MS = [1_500, 6_000] as const;
const DOWN_MS = [1_000, 8_000] as const;
/** Shorter and longer than the time after which nodes hold each other for dead. */
const CUT_MS = [1_000, 12_000] as const;

/** The same plan gives the same steps, on every machine. One region is always whole, and one node of each is always up. */
export function createSchedule({ seed, durationMs, regions, nodes }: SoakPlan): Step[] {
  const random = seededRandom(seed);
  const between = ([from, to]: readonly [number, number]) => from + random.below(to - from);
  const untilMs = durationMs * (1 - CALM_SHARE);
  const steps: Step[] = [];
  const downUntil = nodes.map(() => 0);
  let cutUntilMs = 0;
  for (let atMs = between(PAUSE_MS); atMs < untilMs; atMs += between(PAUSE_MS)) {
    const endMs = (lengthMs: number) => Math.min(atMs + lengthMs, untilMs);
    if (regions.length > 1 && cutUntilMs < atMs && random.chance(0.35)) {
      cutUntilMs = endMs(between(CUT_MS));
      steps.push({ atMs, fault: { kind: "cut", region: random.pick(regions) } });
      steps.push({ atMs: cutUntilMs, fault: { kind: "mend" } });
      continue;
    }
    const isSpare = (node: number) =>
      nodes.some((region, other) => {
        return other !== node && region === nodes[node] && (downUntil[other] ?? 0) < atMs;
      });
    const candidates = nodes
      .map((_, node) => node)
      .filter((node) => (downUntil[node] ?? 0) < atMs && isSpare(node));
    if (candidates.length === 0) continue;
    const node = random.pick(candidates);
    const backMs = endMs(between(DOWN_MS));
    downUntil[node] = backMs;
    steps.push({ atMs, fault: { kind: random.chance(0.5) ? "kill" : "drain", node } });
    steps.push({ atMs: backMs, fault: { kind: "start", node } });
  }
  return steps.sort((a, b) => a.atMs - b.atMs);
}
