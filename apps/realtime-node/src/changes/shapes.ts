import type { BindingSpec } from "@tidewire/protocol/cluster/home";
import type { Lsn } from "../wal/lsn.ts";
import type { Relation } from "../wal/row-change.ts";
import type { Table } from "./catalog.ts";
import type { Claims } from "./claims-class.ts";
import type { CompiledFilter } from "./compiled-filter.ts";
import { MatchIndex } from "./match.ts";
import type { RoleAccess } from "./role-access.ts";

/** One life of one node; what it registered goes when it goes. */
export interface NodeLife {
  readonly node: string;
  readonly boot: string;
}

/** A shape on one table, ready to be matched. Of a wildcard there is one per table. */
export interface TableShape {
  readonly shape: Shape;
  readonly table: Table;
  readonly event: BindingSpec["event"];
  readonly filter: CompiledFilter;
  readonly access: RoleAccess;
  /** Users whom the policies of this table cannot tell apart share a class. */
  readonly classKey: string;
}

/** What one or many bindings ask for: the same rows, cut in the same way, for users who may see the same. */
export interface Shape {
  /** Short, and unique for the life of the home. */
  readonly id: string;
  readonly key: string;
  readonly spec: BindingSpec;
  /** Of whoever asked first: any member of the class would get the same answers. */
  readonly claims: Claims;
  /** How many registrations of each node hold it. */
  readonly holders: Map<string, number>;
  readonly onTables: TableShape[];
}

/** Everything about a shape but its id, as found out by its preparation. */
export interface PreparedShape {
  readonly key: string;
  readonly spec: BindingSpec;
  readonly claims: Claims;
  readonly onTables: readonly Omit<TableShape, "shape">[];
}

/** Between these positions lie changes that were handed on without a registration that was promised them. */
export interface Missed {
  readonly fromLsn: Lsn;
  readonly toLsn: Lsn;
}

interface Registration {
  readonly holder: string;
  readonly shapes: readonly Shape[];
  /** Before it was there. */
  readonly missed: Missed | null;
}

interface Holder {
  readonly life: NodeLife;
  readonly registrations: Set<string>;
}

/** The order of the parts never changes, so equal wishes have equal texts. */
export function shapeKey({ event, schema, table, filter, select }: BindingSpec, classKey: string): string {
  return JSON.stringify([schema, table, event, filter ?? "", select && [...select].sort(), classKey]);
}

/**
 * Who wants which rows: registrations of nodes, the distinct shapes behind them, and for each table the shapes that its
 * changes must be held against. A change of it counts from the next change that is matched.
 */
export class Shapes {
  readonly #byKey = new Map<string, Shape>();
  readonly #registrations = new Map<string, Registration>();
  readonly #holders = new Map<string, Holder>();
  readonly #tables = new Map<number, MatchIndex<TableShape>>();
  readonly #wanted = new Map<string, number>();
  readonly #lingering = new Set<string>();
  #nextId = 1;
  #version = 0;
  readonly #isWantedOf = new WeakMap<Relation, { version: number; isWanted: boolean }>();

  get size(): number {
    return this.#byKey.size;
  }

  get holders(): NodeLife[] {
    return [...this.#holders.values()].map(({ life }) => life);
  }

  /** Undefined for one that is not registered. */
  missedBy(life: NodeLife, name: string): Missed | null | undefined {
    return this.#registrations.get(registrationKey(holderKey(life), name))?.missed;
  }

  /** Registering again under the same name replaces what was there. */
  register(
    life: NodeLife,
    name: string,
    prepared: readonly PreparedShape[],
    missed: Missed | null = null,
  ): string[] {
    const holder = holderKey(life);
    const shapes = prepared.map((each) => this.#hold(each, holder));
    this.release(life, [name]);
    this.#registrations.set(registrationKey(holder, name), { holder, shapes, missed });
    const known = this.#holders.get(holder) ?? { life, registrations: new Set<string>() };
    this.#holders.set(holder, known);
    known.registrations.add(name);
    return shapes.map(({ id }) => id);
  }

  release(life: NodeLife, names: readonly string[]): void {
    const holder = holderKey(life);
    for (const name of names) {
      const registration = this.#registrations.get(registrationKey(holder, name));
      if (registration === undefined) continue;
      this.#registrations.delete(registrationKey(holder, name));
      for (const shape of registration.shapes) this.#drop(shape, holder);
      const known = this.#holders.get(holder);
      known?.registrations.delete(name);
      if (known?.registrations.size === 0) this.#holders.delete(holder);
    }
  }

  releaseHolder(life: NodeLife): void {
    const names = this.#holders.get(holderKey(life))?.registrations;
    if (names !== undefined) this.release(life, [...names]);
  }

  /** How many registrations a node holds here. */
  heldBy(life: NodeLife): number {
    return this.#holders.get(holderKey(life))?.registrations.size ?? 0;
  }

  /**
   * Everything is void: tables or classes of claims have changed, every node has to ask again. Until {@link settle}
   * rows of the tables that were wanted go on being read, so that nothing is missing when the nodes have asked.
   */
  clear(): void {
    for (const name of this.#wanted.keys()) this.#lingering.add(name);
    this.#byKey.clear();
    this.#registrations.clear();
    this.#holders.clear();
    this.#tables.clear();
    this.#wanted.clear();
    this.#version++;
  }

  settle(): void {
    this.#lingering.clear();
    this.#version++;
  }

  on(tableOid: number): MatchIndex<TableShape> | undefined {
    return this.#tables.get(tableOid);
  }

  /** By name: a table that was dropped and made again is still the one that somebody asked for. */
  isWanted(relation: Relation): boolean {
    const known = this.#isWantedOf.get(relation);
    if (known?.version === this.#version) return known.isWanted;
    const { schema, table } = relation;
    const names = [nameKey(schema, table), nameKey(schema, "*"), nameKey("*", table), nameKey("*", "*")];
    const isWanted = names.some((name) => this.#wanted.has(name) || this.#lingering.has(name));
    this.#isWantedOf.set(relation, { version: this.#version, isWanted });
    return isWanted;
  }

  #hold(prepared: PreparedShape, holder: string): Shape {
    const shape = this.#byKey.get(prepared.key) ?? this.#add(prepared);
    shape.holders.set(holder, (shape.holders.get(holder) ?? 0) + 1);
    return shape;
  }

  #add({ key, spec, claims, onTables }: PreparedShape): Shape {
    const shape: Shape = { id: `s${this.#nextId++}`, key, spec, claims, holders: new Map(), onTables: [] };
    this.#byKey.set(key, shape);
    for (const each of onTables) {
      const onTable: TableShape = { ...each, shape };
      shape.onTables.push(onTable);
      const index = this.#tables.get(each.table.oid) ?? new MatchIndex<TableShape>();
      this.#tables.set(each.table.oid, index);
      index.add(onTable);
    }
    this.#want(spec, 1);
    return shape;
  }

  #drop(shape: Shape, holder: string): void {
    const left = (shape.holders.get(holder) ?? 0) - 1;
    if (left > 0) shape.holders.set(holder, left);
    else shape.holders.delete(holder);
    if (shape.holders.size > 0) return;
    this.#byKey.delete(shape.key);
    for (const onTable of shape.onTables) {
      const index = this.#tables.get(onTable.table.oid);
      index?.delete(onTable);
      if (index?.size === 0) this.#tables.delete(onTable.table.oid);
    }
    this.#want(shape.spec, -1);
  }

  #want({ schema, table }: BindingSpec, difference: 1 | -1): void {
    const name = nameKey(schema, table);
    const count = (this.#wanted.get(name) ?? 0) + difference;
    if (count > 0) this.#wanted.set(name, count);
    else this.#wanted.delete(name);
    if (count === 0 || count === difference) this.#version++;
  }
}

export function holderKey({ node, boot }: NodeLife): string {
  return `${node}/${boot}`;
}

const registrationKey = (holder: string, name: string) => `${holder}/${name}`;
const nameKey = (schema: string, table: string) => JSON.stringify([schema, table]);
