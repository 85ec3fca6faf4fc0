import { formatLsn } from "../wal/lsn.ts";
import { currentRow, identityRow, type Relation, type RowChange, type Tuple } from "../wal/row-change.ts";
import type { RoleAccess } from "./role-access.ts";

/** A change that takes more room in the stream is cut to its small values (protocol 6.5, Error 413). */
const RECORD_BYTES_MAX = 1_048_576;
const KEPT_VALUE_BYTES_MAX = 64;

/** Why a change is told without its row (protocol 6.5). */
export const ROW_ERRORS = {
  noPrimaryKey: "Error 400: Bad Request, no primary key",
  unauthorized: "Error 401: Unauthorized",
  tooLarge: "Error 413: Payload Too Large",
} as const;

/** Renders a value of a column's type; the value is known to be one of those it was asked for before. */
export type RenderValue = (typeOid: number, text: string) => string;
export type TypeNameOf = (typeOid: number) => string;

/** Which columns of a relation somebody is shown. */
export interface Projection {
  /** Equal keys: equal columns. */
  readonly key: string;
  /** Positions in the relation. */
  readonly columns: readonly number[];
}

/** Columns that the role may read and the binding selected; the primary key is always among the selected (6.2). */
export function projectionOf(
  relation: Relation,
  {
    access,
    select,
    primaryKey,
  }: { access: RoleAccess; select: readonly string[] | undefined; primaryKey: readonly string[] },
): Projection {
  const wanted = select && new Set([...select, ...primaryKey]);
  const columns = [...relation.columns.keys()].filter((index) => {
    const name = relation.columns[index]?.name ?? "";
    return access.readable.has(name) && (wanted === undefined || wanted.has(name));
  });
  return { key: columns.join(","), columns };
}

interface DataContext {
  projection: Projection;
  render: RenderValue;
  typeName: TypeNameOf;
  /** Row-level security is on for these readers: a DELETE tells no more than the primary key. */
  onlyKeyOfDeleted: ReadonlySet<string> | undefined;
  /** The role may not read the primary key: a DELETE tells nothing of the row (12.31). */
  hidesOldRecord: boolean;
}

/** The `data` of a change as finished JSON text (protocol 6.4), with its position added (difference D13). */
export function changeData(change: RowChange, context: DataContext): string {
  const { relation, type } = change;
  const isTooLarge = change.bytes > RECORD_BYTES_MAX;
  const record = (tuple: Tuple, isShown: (name: string) => boolean = () => true) =>
    recordJson(relation, tuple, context, (name, text) => isShown(name) && !(isTooLarge && !isSmall(text)));
  const parts = [
    ...headOf(change),
    `"commit_timestamp":"${new Date(change.commitMs).toISOString()}"`,
    `"columns":${columnsJson(relation, context)}`,
  ];
  if (type !== "DELETE") parts.push(`"record":${record(currentRow(change))}`);
  if (type !== "INSERT") parts.push(`"old_record":${oldRecord(change, context, record)}`);
  parts.push(`"errors":${isTooLarge ? JSON.stringify([ROW_ERRORS.tooLarge]) : "null"}`, positionOf(change));
  return `{${parts.join(",")}}`;
}

/** A change whose row cannot be shown: the shape of Supabase's error frames. */
export function changeError(change: RowChange, error: string): string {
  const parts = [...headOf(change), '"commit_timestamp":null', '"columns":[]', '"record":{}'];
  if (change.type === "UPDATE") parts.push('"old_record":{}');
  parts.push(`"errors":${JSON.stringify([error])}`, positionOf(change));
  return `{${parts.join(",")}}`;
}

function headOf({ relation: { schema, table }, type }: RowChange): string[] {
  return [`"schema":${JSON.stringify(schema)}`, `"table":${JSON.stringify(table)}`, `"type":"${type}"`];
}

function positionOf({ commitLsn }: RowChange): string {
  return `"lsn":"${formatLsn(commitLsn)}"`;
}

function oldRecord(
  change: RowChange,
  { onlyKeyOfDeleted, hidesOldRecord }: DataContext,
  record: (tuple: Tuple, isShown?: (name: string) => boolean) => string,
): string {
  const tuple = identityRow(change);
  if (change.type === "UPDATE") return record(tuple);
  if (hidesOldRecord) return "{}";
  return onlyKeyOfDeleted === undefined ? record(tuple) : record(tuple, (name) => onlyKeyOfDeleted.has(name));
}

function recordJson(
  relation: Relation,
  tuple: Tuple,
  { projection, render }: DataContext,
  isShown: (name: string, text: string | null) => boolean,
): string {
  const members: string[] = [];
  for (const index of projection.columns) {
    const column = relation.columns[index];
    const text = tuple[index];
    if (column === undefined || text === undefined || !isShown(column.name, text)) continue;
    members.push(`${JSON.stringify(column.name)}:${text === null ? "null" : render(column.typeOid, text)}`);
  }
  return `{${members.join(",")}}`;
}

function columnsJson(relation: Relation, { projection, typeName }: DataContext): string {
  const columns = projection.columns.map((index) => {
    const { name = "", typeOid = 0 } = relation.columns[index] ?? {};
    return `{"name":${JSON.stringify(name)},"type":${JSON.stringify(typeName(typeOid))}}`;
  });
  return `[${columns.join(",")}]`;
}

function isSmall(text: string | null): boolean {
  return text === null || Buffer.byteLength(text) <= KEPT_VALUE_BYTES_MAX;
}
