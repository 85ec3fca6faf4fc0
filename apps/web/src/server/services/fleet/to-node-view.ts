import type { NodeStatus } from "@tidewire/db/nodes";
import type { NodeHealth } from "@tidewire/protocol/cluster/beat";
import type { NodeSnapshot } from "@tidewire/protocol/cluster/inspect";
import { formatDuration, plural } from "../../../lib/format.ts";
import type { NodeView } from "../../views/fleet.ts";

/** Nodes write their row every 5 s: one late beat may be the database, two are suspicious, four are a verdict. */
const SUSPECT_MS = 11_000;
export const DOWN_MS = 21_000;

export interface Heard {
  /** What it said on its admin port just now. */
  snapshot: NodeSnapshot | null;
  /** Why it said nothing. */
  silence: string | null;
}

/** One node, from its row and from what it says itself; the latter counts where both speak. */
export function toNodeView(row: NodeStatus, { snapshot, silence }: Heard): NodeView {
  const { health, reason } = toHealth(row, snapshot, silence);
  return {
    id: row.id,
    region: row.region,
    health,
    reason,
    url: row.url,
    pid: row.pid,
    version: row.version,
    startedAtMs: row.startedAtMs,
    beatAtMs: row.beatAtMs,
    connections: snapshot?.connections ?? null,
    eventLoopP99Ms: snapshot?.eventLoopP99Ms ?? null,
    heapBytes: snapshot?.heapBytes ?? null,
    rssBytes: snapshot?.rssBytes ?? null,
    projects: snapshot?.projects.length ?? null,
    homes: snapshot?.homes ?? [],
    controlDatabase: snapshot?.controlDatabase ?? null,
    routes: snapshot?.routes ?? null,
    answered: snapshot !== null,
  };
}

function toHealth(
  row: NodeStatus,
  snapshot: NodeSnapshot | null,
  silence: string | null,
): { health: NodeHealth; reason: string } {
  const beat = `last beat ${formatDuration(row.silentMs)} ago`;
  if (row.state === "gone") return { health: "down", reason: `It has ended, ${beat}.` };
  if (snapshot?.state === "draining" || (snapshot === null && row.state === "draining")) {
    const left = snapshot?.connections ?? row.connections;
    return { health: "draining", reason: `It is leaving; ${plural(left, "connection")} left.` };
  }
  if (snapshot !== null) return ofAnswering(row, snapshot, beat);
  const why = `${silence ?? "it was not asked"}, ${beat}`;
  if (row.silentMs > DOWN_MS) return { health: "down", reason: `It does not answer: ${why}.` };
  return { health: "suspect", reason: `It does not answer right now: ${why}.` };
}

function ofAnswering(
  { silentMs }: NodeStatus,
  { controlDatabase, connections }: NodeSnapshot,
  beat: string,
): { health: NodeHealth; reason: string } {
  if (!controlDatabase.ok) {
    return { health: "suspect", reason: "It serves, but cannot reach the control database." };
  }
  if (silentMs > SUSPECT_MS) return { health: "suspect", reason: `It answers, but does not beat: ${beat}.` };
  return { health: "healthy", reason: `Serving ${plural(connections, "connection")}.` };
}
