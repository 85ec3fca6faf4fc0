/**
 * Users of a project: sockets that hold at least one channel, counted in the whole cluster (protocol 8). Those of other
 * nodes are known from their beats and may be a second old, so a burst over many nodes can pass the limit by what one
 * second admits.
 */
export class Users {
  readonly #here = new Map<string, number>();
  readonly #elsewhere: (ref: string) => number;

  constructor(elsewhere: (ref: string) => number) {
    this.#elsewhere = elsewhere;
  }

  users(ref: string): number {
    return (this.#here.get(ref) ?? 0) + this.#elsewhere(ref);
  }

  /** A socket got its first channel. */
  occupy(ref: string): void {
    this.#here.set(ref, (this.#here.get(ref) ?? 0) + 1);
  }

  /** A socket lost its last channel. */
  vacate(ref: string): void {
    const left = (this.#here.get(ref) ?? 0) - 1;
    if (left > 0) this.#here.set(ref, left);
    else this.#here.delete(ref);
  }

  /** Projects with a channel on this node. */
  refs(): Iterable<string> {
    return this.#here.keys();
  }

  /** This node's own share, for its beat. */
  here(): Record<string, number> {
    return Object.fromEntries(this.#here);
  }
}
