import { LEASE_RENEWAL_MS } from "../changes/registrar.ts";
import { holderKey, type NodeLife } from "../changes/shapes.ts";

/** Three renewals and a half may fail. A node that is alive but cut off gets its rows again once it is back and asks. */
const LEASE_MS = LEASE_RENEWAL_MS * 3.5;

/** Which nodes have been heard of, and when: what a dead node registered must not be served forever. */
export class Leases {
  readonly #heardAtMs = new Map<string, { life: NodeLife; atMs: number }>();

  renew(life: NodeLife, nowMs: number): void {
    this.#heardAtMs.set(holderKey(life), { life, atMs: nowMs });
  }

  /** Removes and returns the lives that have not been heard of for too long, or that a later life has replaced. */
  expire(nowMs: number): NodeLife[] {
    const lives = [...this.#heardAtMs.values()];
    const over = lives.filter(
      ({ life, atMs }) => nowMs - atMs > LEASE_MS || lives.some((other) => isLaterLife(other.life, life)),
    );
    for (const { life } of over) this.#heardAtMs.delete(holderKey(life));
    return over.map(({ life }) => life);
  }

  clear(): void {
    this.#heardAtMs.clear();
  }
}

/** Boots sort by their start. */
function isLaterLife(a: NodeLife, b: NodeLife): boolean {
  return a.node === b.node && a.boot > b.boot;
}
