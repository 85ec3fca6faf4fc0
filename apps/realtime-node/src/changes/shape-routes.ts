import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Subscription } from "./subscription.ts";

/** Which channels a shape's changes go to, and under which ids. */
export class ShapeRoutes {
  readonly #routes = new Map<string, Map<Subscription, number[]>>();
  /** One array per distinct list of ids, so that frames can be shared by thousands of channels. */
  readonly #idLists = new Map<string, readonly number[]>();

  add(subscription: Subscription, shapes: readonly string[]): void {
    for (const [index, shape] of shapes.entries()) {
      const id = subscription.bindings[index]?.id;
      if (id === undefined) continue;
      const routes = this.#routes.get(shape) ?? new Map<Subscription, number[]>();
      this.#routes.set(shape, routes);
      routes.set(subscription, [...(routes.get(subscription) ?? []), id]);
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
   * One entry per channel, with the ids of all its bindings that the change belongs to, in the order of the join
   * (protocol 6.4). Two equal bindings give their id twice (12.29).
   */
  *targets({ shapes }: Pick<ChangeEnvelope, "shapes">): Iterable<[Subscription, readonly number[]]> {
    const [only] = shapes;
    if (only !== undefined && shapes.length === 1) {
      for (const [subscription, ids] of this.#routes.get(only) ?? []) yield [subscription, this.#shared(ids)];
      return;
    }
    const found = new Map<Subscription, number[]>();
    for (const shape of new Set(shapes)) {
      for (const [subscription, ids] of this.#routes.get(shape) ?? []) {
        found.set(subscription, [...(found.get(subscription) ?? []), ...ids]);
      }
    }
    for (const [subscription, ids] of found) yield [subscription, this.#shared(inOrder(subscription, ids))];
  }

  #shared(ids: readonly number[]): readonly number[] {
    const key = ids.join(",");
    const known = this.#idLists.get(key);
    if (known !== undefined) return known;
    if (this.#idLists.size >= ID_LISTS_MAX) this.#idLists.clear();
    this.#idLists.set(key, ids);
    return ids;
  }
}

/** Beyond this they are forgotten, which costs nothing but the sharing. */
const ID_LISTS_MAX = 10_000;

function inOrder({ bindings }: Subscription, ids: readonly number[]): number[] {
  const left = [...ids];
  return bindings.flatMap(({ id }) => {
    const at = left.indexOf(id);
    return at < 0 ? [] : left.splice(at, 1);
  });
}
