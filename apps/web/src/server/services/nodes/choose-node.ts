import type { NodeRow } from "@tidewire/db/node-store";

/** The node that serves a region's clients: ready, most recently heard of; elsewhere if the region has none. */
export function chooseNode(nodes: readonly NodeRow[], region: string): NodeRow | undefined {
  const ready = nodes.filter((node) => node.state === "ready");
  const near = ready.filter((node) => node.region === region);
  const candidates = near.length > 0 ? near : ready;
  // The lowest id, not the newest beat: a project's URL must not change from one look to the next.
  return candidates.toSorted((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }))[0];
}
