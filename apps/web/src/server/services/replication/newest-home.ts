import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";

/** During a take-over two nodes may speak as home for a moment; the later epoch is right. */
export function newestHome(answers: readonly (ReplicationSnapshot | null)[]): ReplicationSnapshot | null {
  return answers.reduce(
    (best, next) => (next !== null && next.epoch > (best?.epoch ?? -1) ? next : best),
    null,
  );
}
