import type { OpenConnection } from "./connections.ts";

/** What is left when the last socket was asked to go: the time for its close handshake. */
const HANDSHAKE_MS = 1_000;

interface DrainPulse {
  nowMs(): number;
  schedule(dueMs: number, task: (nowMs: number) => number | undefined): unknown;
  delay(delayMs: number, signal: AbortSignal): Promise<void>;
}

/**
 * Asks all connections to go elsewhere, spread evenly over `drainMs` in random order, so that the nodes that take them
 * over are not hit by all at once. Resolves when all are gone; those that do not finish in time are cut off.
 */
export async function drainConnections(
  connections: { all(): OpenConnection[]; readonly size: number },
  { drainMs, pulse, whenEmpty }: { drainMs: number; pulse: DrainPulse; whenEmpty: AbortSignal },
): Promise<void> {
  const startMs = pulse.nowMs();
  for (const { connection, afterMs } of spread(connections.all(), drainMs)) {
    if (afterMs === 0) connection.disconnect("NodeDraining");
    else pulse.schedule(startMs + afterMs, () => void connection.disconnect("NodeDraining"));
  }
  if (connections.size === 0) return;
  await pulse.delay(drainMs + HANDSHAKE_MS, whenEmpty);
  for (const connection of connections.all()) connection.terminate();
}

/** Every connection at a moment of its own between 0 and `drainMs`. */
export function spread<T>(
  connections: readonly T[],
  drainMs: number,
  random: () => number = Math.random,
): { connection: T; afterMs: number }[] {
  return connections
    .map((connection) => ({ connection, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ connection }, index) => ({ connection, afterMs: (drainMs * index) / connections.length }));
}
