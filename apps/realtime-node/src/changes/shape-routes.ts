import type { Subscription } from "./subscription.ts";

/** A channel, and the ids of its bindings that a change belongs to. */
export interface Target {
  readonly subscription: Subscription;
  readonly ids: readonly number[];
}

/** Which channels a shape's changes go to, and under which ids. */
export class ShapeRoutes {
  readonly #routes = new Map<string, Map<Subscription, readonly number[]>>();
  /** One array per distinct list of ids, so that frames can be shared by thousands of channels. */
  readonly #idLists = new Map<string, readonly number[]>();

  add(subscription: Subscription, shapes: readonly string[]): void {
    for (const [index, shape] of shapes.entries()) {
      const id = subscription.bindings[index]?.id;
      if (id === undefined) continue;
      const routes = this.#routes.get(shape) ?? new Map<Subscription, readonly number[]>();
      this.#routes.set(shape, routes);
      routes.set(subscription, this.#shared([...(routes.get(subscription) ?? []), id]));
    }
  }

  delete(subscription: Subscription, shapes: readonly string[]): void {
    for (const shape of shapes) {
      const routes = this.#routes.get(shape);
      routes?.delete(subscription);
      if (routes?.size === 0) this.#routes.delete(shape);
    }
  }

  clear(): void {
    this.#routes.clear();
    this.#idLists.clear();
  }

  subscriptionsOf(shapes: readonly string[]): Set<Subscription> {
    return new Set(shapes.flatMap((shape) => [...(this.#routes.get(shape)?.keys() ?? [])]));
  }

  /**
   * One entry per channel, with the ids of all its bindings that the shapes stand for, in the order of the join
   * (protocol 6.4). Two equal bindings give their id twice (12.29). Equal lists of ids are one array.
   */
  targets(shapes: readonly string[]): Target[] {
    const [only] = shapes;
    if (only !== undefined && shapes.length === 1) {
      return [...(this.#routes.get(only) ?? [])].map(([subscription, ids]) => ({ subscription, ids }));
    }
    const found = new Map<Subscription, readonly number[]>();
    for (const shape of new Set(shapes)) {
      for (const [subscription, ids] of this.#routes.get(shape) ?? []) {
        const before = found.get(subscription);
        found.set(subscription, before === undefined ? ids : [...before, ...ids]);
      }
    }
    return [...found].map(([subscription, ids]) => ({ subscription, ids: this.#inOrder(subscription, ids) }));
  }

  /** Of one channel; empty when the shapes do not concern it. */
  idsOf(subscription: Subscription, shapes: readonly string[]): readonly number[] {
    const ids = [...new Set(shapes)].flatMap((shape) => this.#routes.get(shape)?.get(subscription) ?? []);
    return this.#inOrder(subscription, ids);
  }

  #inOrder({ bindings }: Subscription, ids: readonly number[]): readonly number[] {
    if (ids.length < 2) return this.#shared(ids);
    const left = [...ids];
    return this.#shared(
      bindings.flatMap(({ id }) => {
        const at = left.indexOf(id);
        return at < 0 ? [] : left.splice(at, 1);
      }),
    );
  }

  #shared(ids: readonly number[]): readonly number[] {
    const key = ids.join();
    const known = this.#idLists.get(key);
    if (known !== undefined) return known;
    if (this.#idLists.size >= ID_LISTS_MAX) this.#idLists.clear();
    this.#idLists.set(key, ids);
    return ids;
  }
}

/** Beyond this they are forgotten, which costs nothing but the sharing. */
const ID_LISTS_MAX = 10_000;
