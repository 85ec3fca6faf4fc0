import { quoteIdentifier, quoteLiteral, type Session } from "../wal/session.ts";
import { parseSnapshot, type Snapshot } from "../wal/snapshot.ts";
import type { Table, TableColumn } from "./catalog.ts";
import type { Claims } from "./claims-class.ts";
import type { RemoteTest } from "./compiled-filter.ts";

/** Values of a primary key, in the order of `table.primaryKey`, as Postgres' text. */
export type RowKey = readonly string[];

/** Which rows were visible, and to a statement that saw what. */
export interface VisibleRows {
  /** Positions in the keys. */
  readonly positions: ReadonlySet<number>;
  readonly snapshot: Snapshot;
}

/**
 * Which of these rows a class of users may see now: one statement, whatever the number of rows and of users in the
 * class. Runs as the class's role with its claims, as Supabase does per subscription (protocol 6.5); nothing but
 * `request.jwt.claims` is set. Rows that are gone by now are not visible (12.32).
 *
 * @throws what Postgres throws when a policy fails or the role may not be assumed; the caller rolls back
 */
export async function visibleRows(
  session: Session,
  table: Table,
  claims: Claims,
  keys: readonly RowKey[],
): Promise<VisibleRows> {
  const columns = table.primaryKey.map((name) => columnNamed(table, name));
  const arrays = columns.map(({ sqlType }, index) =>
    arrayOf(
      keys.map((key) => key[index] ?? null),
      sqlType,
    ),
  );
  const names = columns.map((_, index) => `k${index}`);
  const equal = columns.map(({ name }, index) => `t.${quoteIdentifier(name)} = k.k${index}`);
  const [row] = await session.rows(`
    begin;
    select set_config('role', ${quoteLiteral(String(claims.role ?? ""))}, true),
      set_config('request.jwt.claims', ${quoteLiteral(JSON.stringify(claims))}, true);
    select pg_current_snapshot() as snapshot, json_agg(k.position) filter (
      where exists (select 1 from ${table.sqlName} t where ${equal.join(" and ")})) as visible
    from unnest(${arrays.join(", ")}) with ordinality as k(${names.join(", ")}, position);
    rollback`);
  const positions: number[] = JSON.parse(row?.visible ?? "[]");
  return {
    positions: new Set(positions.map((position) => position - 1)),
    snapshot: parseSnapshot(row?.snapshot ?? ""),
  };
}

/** What a statement sees now. */
export async function currentSnapshot(session: Session): Promise<Snapshot> {
  const [row] = await session.rows("select pg_current_snapshot() as snapshot");
  return parseSnapshot(row?.snapshot ?? "");
}

/** For which of these values a comparison holds that cannot be made in memory. */
export async function holdsFor(
  session: Session,
  test: RemoteTest,
  values: readonly (string | null)[],
): Promise<Set<number>> {
  const rows = await session.rows(`
    select position from unnest(${arrayOf(values, "text")}) with ordinality as given(v, position) where ${test.sql}`);
  return new Set(rows.map((row) => Number(row.position) - 1));
}

/** `to_jsonb` of values whose type only Postgres can render, in their order. */
export async function renderRemotely(
  session: Session,
  sqlType: string,
  values: readonly string[],
): Promise<string[]> {
  const rows = await session.rows(`
    select to_jsonb(v::${sqlType})::text as json
    from unnest(${arrayOf(values, "text")}) with ordinality as given(v, position) order by position`);
  return rows.map((row) => row.json ?? "null");
}

function columnNamed(table: Table, name: string): TableColumn {
  const column = table.columns.find((each) => each.name === name);
  if (column === undefined) throw new Error(`${table.sqlName} has no published column ${name}`);
  return column;
}

function arrayOf(values: readonly (string | null)[], sqlType: string): string {
  const elements = values.map((value) => (value === null ? "NULL" : `"${value.replace(/["\\]/g, "\\$&")}"`));
  return `${quoteLiteral(`{${elements.join(",")}}`)}::${sqlType}[]`;
}
