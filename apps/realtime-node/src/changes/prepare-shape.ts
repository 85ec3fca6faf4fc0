import type { BindingSpec } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import { bindingTexts, exceptionTexts } from "@tidewire/protocol/supabase/binding-texts";
import { parseFilter } from "@tidewire/protocol/supabase/filter";
import type { Session } from "../wal/session.ts";
import type { Catalog, Table } from "./catalog.ts";
import { type Claims, type ClaimsUse, claimsUseOf, classKey } from "./claims-class.ts";
import { type CompiledFilter, compileFilter } from "./compiled-filter.ts";
import { checkFilter, refuse } from "./filter-check.ts";
import { type RoleAccess, readRoleAccess } from "./role-access.ts";
import { type PreparedShape, shapeKey, type TableShape } from "./shapes.ts";

const ANY = "*";
const ALL_CLAIMS: ClaimsUse = { kind: "all" };

/** Checked filters are kept: five thousand users with one filter are one question. */
const FILTERS_MAX = 20_000;

/**
 * Turns bindings into shapes by asking one reading of the catalog; a new reading needs a new instance. Answers that
 * depend on the catalog alone are remembered.
 */
export class ShapePreparation {
  readonly catalog: Catalog;
  readonly #access = new Map<string, Promise<RoleAccess | undefined>>();
  readonly #uses = new Map<Table, ClaimsUse>();
  readonly #filters = new Map<string, Promise<CompiledFilter>>();

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** True when the publication has a table for this binding. */
  hasTableFor(spec: BindingSpec): boolean {
    return this.#tablesOf(spec).length > 0;
  }

  /** @throws Refusal RealtimeDisabledForConfiguration with the text that clients know (protocol 3.12, 6.2) */
  async prepare(session: Session, spec: BindingSpec, claims: Claims): Promise<PreparedShape> {
    const tables = this.#tablesOf(spec);
    const [first] = tables;
    if (first === undefined) {
      throw new Refusal("RealtimeDisabledForConfiguration", { message: bindingTexts.notPublished(spec) });
    }
    const onTables: Omit<TableShape, "shape">[] = [];
    for (const table of tables) onTables.push(await this.#onTable(session, table, spec, claims));
    const isWildcard = spec.schema === ANY || spec.table === ANY;
    const key = shapeKey(spec, classKey(claims, isWildcard ? ALL_CLAIMS : this.#useOf(first)));
    return { key, spec, claims, onTables };
  }

  /** How many classes of claims the policies of a table may tell apart, for the replication page. */
  useOf(table: Table): ClaimsUse {
    return this.#useOf(table);
  }

  async #onTable(
    session: Session,
    table: Table,
    spec: BindingSpec,
    claims: Claims,
  ): Promise<Omit<TableShape, "shape">> {
    const role = String(claims.role ?? "");
    const access = await this.#accessOf(session, table, role);
    if (access === undefined) throw refuse(spec, exceptionTexts.unknownRole(role));
    for (const column of spec.select ?? []) {
      const exists = table.columns.some(({ name }) => name === column);
      if (!exists || !access.readable.has(column)) throw refuse(spec, exceptionTexts.selectColumn(column));
    }
    const filter = await this.#filterOf(session, table, spec, access);
    const use = access.isSubjectToPolicies ? this.#useOf(table) : { kind: "none" as const };
    return { table, event: spec.event, filter, access, classKey: classKey(claims, use) };
  }

  #tablesOf({ schema, table }: BindingSpec): Table[] {
    return this.catalog.tables.filter(
      (each) => (schema === ANY || each.schema === schema) && (table === ANY || each.name === table),
    );
  }

  #useOf(table: Table): ClaimsUse {
    const known = this.#uses.get(table) ?? claimsUseOf(table, this.catalog);
    this.#uses.set(table, known);
    return known;
  }

  #accessOf(session: Session, table: Table, role: string): Promise<RoleAccess | undefined> {
    return remember(this.#access, JSON.stringify([table.oid, role]), () =>
      readRoleAccess(session, table, role),
    );
  }

  #filterOf(session: Session, table: Table, spec: BindingSpec, access: RoleAccess): Promise<CompiledFilter> {
    const key = JSON.stringify([table.oid, access.role, spec.filter ?? ""]);
    const [oldest] = this.#filters.keys();
    if (this.#filters.size > FILTERS_MAX && oldest !== undefined) this.#filters.delete(oldest);
    return remember(this.#filters, key, async () => {
      const tree = parseFilter(spec.filter ?? "");
      return compileFilter(await checkFilter(session, { tree, table, readable: access.readable, spec }));
    });
  }
}

/** A failure is not remembered: the next asker may have more luck. */
function remember<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const asked = ask();
  known.set(key, asked);
  asked.catch(() => {
    if (known.get(key) === asked) known.delete(key);
  });
  return asked;
}
