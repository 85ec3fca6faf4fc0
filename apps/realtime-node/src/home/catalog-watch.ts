import { type CatalogPrints, readCatalog, type Table } from "../changes/catalog.ts";
import { ShapePreparation } from "../changes/prepare-shape.ts";
import type { Relation } from "../wal/row-change.ts";
import type { Session } from "../wal/session.ts";

export interface CatalogChange {
  /** Policies, grants, roles or functions: cached grants are void. */
  authorization: boolean;
  /** Published tables, their columns or keys. */
  tables: boolean;
}

/** The home's view of the project's tables and policies, and whether the stream speaks of the same tables. */
export class CatalogWatch {
  #preparation: ShapePreparation | null = null;
  #tables = new Map<number, Table>();
  #byName = new Map<string, Table>();
  /** Relations that were compared with this view; those of the past stay as they are. */
  #compared = new WeakSet<Relation>();

  /** @throws Error before the first reading */
  get preparation(): ShapePreparation {
    if (this.#preparation === null) throw new Error("the catalog has not been read yet");
    return this.#preparation;
  }

  get isRead(): boolean {
    return this.#preparation !== null;
  }

  get tables(): Iterable<Table> {
    return this.#tables.values();
  }

  async read(session: Session): Promise<CatalogChange> {
    const previous = this.#preparation?.catalog;
    const catalog = await readCatalog(session);
    this.#preparation = new ShapePreparation(catalog);
    this.#tables = new Map(catalog.tables.map((table) => [table.oid, table]));
    this.#byName = new Map(catalog.tables.map((table) => [nameKey(table.schema, table.name), table]));
    this.#compared = new WeakSet();
    return difference(previous, catalog);
  }

  /** Whether a reading would find anything new, by what the prints say now. */
  compare(prints: CatalogPrints): CatalogChange {
    return difference(this.#preparation?.catalog, prints);
  }

  /** A table that was dropped and made again is found by its name: rows of its past go to whoever asked for it. */
  tableOf({ oid, schema, table }: Relation): Table | undefined {
    return this.#tables.get(oid) ?? this.#byName.get(nameKey(schema, table));
  }

  /** A relation is compared once per reading: if a new reading does not explain it, it is of the past. */
  isNews(relation: Relation): boolean {
    if (this.#compared.has(relation)) return false;
    this.#compared.add(relation);
    const table = this.#tables.get(relation.oid);
    return table === undefined || !describes(table, relation);
  }

  /** As though they had been compared, after a reading that was made because of them. */
  accept(relations: Iterable<Relation>): void {
    for (const relation of relations) this.#compared.add(relation);
  }
}

const nameKey = (schema: string, table: string) => JSON.stringify([schema, table]);

function describes(table: Table, { schema, table: name, columns }: Relation): boolean {
  const isNamed = table.schema === schema && table.name === name;
  return isNamed && columns.every(({ name, typeOid }) => hasColumn(table, name, typeOid));
}

function hasColumn(table: Table, name: string, typeOid: number): boolean {
  return table.columns.some((column) => column.name === name && column.typeOid === typeOid);
}

function difference(previous: CatalogPrints | undefined, next: CatalogPrints): CatalogChange {
  return {
    authorization: previous?.authorizationPrint !== next.authorizationPrint,
    tables: previous?.tablesPrint !== next.tablesPrint,
  };
}
