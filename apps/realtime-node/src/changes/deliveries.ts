import type { ChangeEnvelope, ChangeKind } from "@tidewire/protocol/cluster/changes";
import type { ShapeRoutes, Target } from "./shape-routes.ts";
import type { Subscription } from "./subscription.ts";

/** Changes that a channel is told under the same ids, in their order. */
export interface Delivery {
  readonly ids: readonly number[];
  readonly changes: readonly ChangeEnvelope[];
}

/**
 * The changes of one message of the home, by channel.
 *
 * Problem: a busy table with a thousand channels is a million pairs of row and channel a second, and whatever is done
 * per pair is the cost of the node. Here the pairs are made per *kind* of change instead, of which a message has few,
 * and channels that are told the same share the very same {@link Delivery}: what is built for it is built once.
 *
 * Each channel gets its changes in the order of the message.
 */
export function deliveriesOf(
  envelopes: readonly ChangeEnvelope[],
  routes: Pick<ShapeRoutes, "targets">,
): Map<Subscription, readonly Delivery[]> {
  const byKind = groupByKind(envelopes);
  const wanted = new Map<Subscription, KindTarget[]>();
  for (const [kind, changes] of byKind) {
    for (const { subscription, ids } of routes.targets(kind.shapes)) {
      const kinds = wanted.get(subscription);
      if (kinds === undefined) wanted.set(subscription, [{ kind, ids, changes }]);
      else kinds.push({ kind, ids, changes });
    }
  }
  const shared = new SharedDeliveries(envelopes);
  const deliveries = new Map<Subscription, readonly Delivery[]>();
  for (const [subscription, kinds] of wanted) deliveries.set(subscription, shared.of(kinds));
  return deliveries;
}

interface KindTarget extends Pick<Target, "ids"> {
  readonly kind: ChangeKind;
  readonly changes: readonly ChangeEnvelope[];
}

function groupByKind(envelopes: readonly ChangeEnvelope[]): Map<ChangeKind, ChangeEnvelope[]> {
  const byKind = new Map<ChangeKind, ChangeEnvelope[]>();
  for (const envelope of envelopes) {
    const group = byKind.get(envelope.kind);
    if (group === undefined) byKind.set(envelope.kind, [envelope]);
    else group.push(envelope);
  }
  return byKind;
}

/** Channels with the same kinds under the same ids are told the same. */
class SharedDeliveries {
  readonly #envelopes: readonly ChangeEnvelope[];
  readonly #single = new Map<readonly ChangeEnvelope[], Map<readonly number[], readonly Delivery[]>>();
  readonly #mixed = new Map<string, readonly Delivery[]>();
  readonly #numbers = new Map<ChangeKind, number>();

  constructor(envelopes: readonly ChangeEnvelope[]) {
    this.#envelopes = envelopes;
  }

  of(kinds: readonly KindTarget[]): readonly Delivery[] {
    const [only] = kinds;
    if (only === undefined || kinds.length > 1) return this.#mixedOf(kinds);
    const { ids, changes } = only;
    const byIds = this.#single.get(changes) ?? new Map<readonly number[], readonly Delivery[]>();
    this.#single.set(changes, byIds);
    const known = byIds.get(ids);
    if (known !== undefined) return known;
    const made = [{ ids, changes }];
    byIds.set(ids, made);
    return made;
  }

  #mixedOf(kinds: readonly KindTarget[]): readonly Delivery[] {
    const key = kinds.map(({ kind, ids }) => `${this.#numberOf(kind)}:${ids.join()}`).join(" ");
    const known = this.#mixed.get(key);
    if (known !== undefined) return known;
    const made = runsOf(this.#envelopes, new Map(kinds.map(({ kind, ids }) => [kind, ids])));
    this.#mixed.set(key, made);
    return made;
  }

  #numberOf(kind: ChangeKind): number {
    const number = this.#numbers.get(kind) ?? this.#numbers.size;
    this.#numbers.set(kind, number);
    return number;
  }
}

/** One delivery for each stretch of changes with the same ids. */
function runsOf(
  envelopes: readonly ChangeEnvelope[],
  idsOf: ReadonlyMap<ChangeKind, readonly number[]>,
): Delivery[] {
  const runs: { ids: readonly number[]; changes: ChangeEnvelope[] }[] = [];
  for (const envelope of envelopes) {
    const ids = idsOf.get(envelope.kind);
    if (ids === undefined) continue;
    const last = runs.at(-1);
    if (last?.ids === ids) last.changes.push(envelope);
    else runs.push({ ids, changes: [envelope] });
  }
  return runs;
}
