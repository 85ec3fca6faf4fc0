import type { ChangeType } from "../wal/row-change.ts";
import type { CompiledFilter, ValueOf } from "./compiled-filter.ts";

/** What the index needs to know of whatever is put into it. */
export interface Matchable {
  readonly event: "*" | ChangeType;
  readonly filter: CompiledFilter;
}

interface ColumnIndex<T> {
  keyOf(text: string): string;
  readonly byKey: Map<string, Set<T>>;
}

/**
 * The shapes on one table. Those that demand an equality are found by the value, so that ten thousand of them cost one
 * look-up per column and change; only the others are tried one by one.
 */
export class MatchIndex<T extends Matchable> {
  readonly #unhinted = new Set<T>();
  readonly #columns = new Map<string, ColumnIndex<T>>();
  readonly #all = new Set<T>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#all.values();
  }

  add(item: T): void {
    this.#all.add(item);
    const { hint } = item.filter;
    if (hint === undefined) {
      this.#unhinted.add(item);
      return;
    }
    const index = this.#columns.get(hint.column) ?? { keyOf: hint.keyOf, byKey: new Map<string, Set<T>>() };
    this.#columns.set(hint.column, index);
    for (const key of hint.keys) {
      const bucket = index.byKey.get(key) ?? new Set<T>();
      index.byKey.set(key, bucket.add(item));
    }
  }

  delete(item: T): void {
    this.#all.delete(item);
    this.#unhinted.delete(item);
    const { hint } = item.filter;
    if (hint === undefined) return;
    const index = this.#columns.get(hint.column);
    for (const key of hint.keys) {
      const bucket = index?.byKey.get(key);
      bucket?.delete(item);
      if (bucket?.size === 0) index?.byKey.delete(key);
    }
    if (index?.byKey.size === 0) this.#columns.delete(hint.column);
  }

  /** Whatever may want the change: events are right, equalities hold, the rest of each filter is still to be tried. */
  candidates(type: ChangeType, read: ValueOf): T[] {
    const found: T[] = [];
    for (const item of this.#unhinted) if (wants(item, type)) found.push(item);
    for (const [column, index] of this.#columns) {
      const value = read(column);
      if (typeof value !== "string") continue;
      const bucket = index.byKey.get(index.keyOf(value));
      if (bucket === undefined) continue;
      for (const item of bucket) if (wants(item, type)) found.push(item);
    }
    return found;
  }
}

function wants({ event }: Matchable, type: ChangeType): boolean {
  return event === "*" || event === type;
}
