import { formatLsn, type Lsn } from "../wal/lsn.ts";
import {
  type ChangeType,
  currentRow,
  identityRow,
  type Relation,
  type RowChange,
  type Tuple,
} from "../wal/row-change.ts";
import type { Render } from "../wal/types.ts";
import type { JsonArena } from "./json-arena.ts";
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

/** A column as a view shows it. */
interface ShownColumn {
  readonly index: number;
  readonly name: string;
  /** `"name":` */
  readonly label: string;
  readonly typeOid: number;
  /** Null for types that only Postgres can render. */
  readonly render: Render | null;
}

interface ViewOptions {
  relation: Relation;
  projection: Projection;
  typeName: TypeNameOf;
  renderOf(typeOid: number): Render | null;
  /** Row-level security is on for these readers: a DELETE tells no more than the primary key. */
  onlyKeyOfDeleted: ReadonlySet<string> | undefined;
  /** The role may not read the primary key: a DELETE tells nothing of the row (12.31). */
  hidesOldRecord: boolean;
}

type IsShown = (name: string, text: string | null) => boolean;

/**
 * How some readers see the rows of one table: the `data` of a change as finished JSON (protocol 6.4), with its position
 * added (difference D13). What does not change from row to row is rendered once per transaction.
 */
export class RowView {
  readonly #options: ViewOptions;
  readonly #shown: readonly ShownColumn[];
  readonly #columnsJson: string;
  readonly #heads = new Map<ChangeType, { commitMs: number; bytes: Buffer }>();
  #tail: { commitLsn: Lsn; text: string } | undefined;

  constructor(options: ViewOptions) {
    const { relation, projection, typeName, renderOf } = options;
    this.#options = options;
    this.#shown = projection.columns.map((index) => {
      const { name = "", typeOid = 0 } = relation.columns[index] ?? {};
      return { index, name, label: `${JSON.stringify(name)}:`, typeOid, render: renderOf(typeOid) };
    });
    const columns = this.#shown.map(
      ({ name, typeOid }) => `{"name":${JSON.stringify(name)},"type":${JSON.stringify(typeName(typeOid))}}`,
    );
    this.#columnsJson = `[${columns.join(",")}]`;
  }

  /** @param remote renders values of types that only Postgres can render; it has been asked before */
  data(change: RowChange, remote: RenderValue, arena: JsonArena): Uint8Array {
    const isTooLarge = change.bytes > RECORD_BYTES_MAX;
    const cut = isTooLarge ? onlySmall : undefined;
    let text = "";
    if (change.type !== "DELETE") text = `"record":${this.#record(currentRow(change), remote, cut)},`;
    if (change.type !== "INSERT") text += `"old_record":${this.#oldRecord(change, remote, cut)},`;
    text += isTooLarge ? `"errors":${JSON.stringify([ROW_ERRORS.tooLarge])},` : '"errors":null,';
    return arena.join(this.#head(change), text + this.#tailOf(change));
  }

  #head(change: RowChange): Buffer {
    const { type, commitMs } = change;
    const known = this.#heads.get(type);
    if (known?.commitMs === commitMs) return known.bytes;
    const timestamp = new Date(commitMs).toISOString();
    const bytes = Buffer.from(
      `${headOf(change)},"commit_timestamp":"${timestamp}","columns":${this.#columnsJson},`,
    );
    this.#heads.set(type, { commitMs, bytes });
    return bytes;
  }

  #tailOf({ commitLsn }: RowChange): string {
    if (this.#tail?.commitLsn !== commitLsn) this.#tail = { commitLsn, text: tailOf(commitLsn) };
    return this.#tail.text;
  }

  #oldRecord(change: RowChange, remote: RenderValue, cut: IsShown | undefined): string {
    const { hidesOldRecord, onlyKeyOfDeleted } = this.#options;
    const tuple = identityRow(change);
    if (change.type === "UPDATE") return this.#record(tuple, remote, cut);
    if (hidesOldRecord) return "{}";
    if (onlyKeyOfDeleted === undefined) return this.#record(tuple, remote, cut);
    const isShown = (name: string, text: string | null) =>
      onlyKeyOfDeleted.has(name) && (cut === undefined || cut(name, text));
    return this.#record(tuple, remote, isShown);
  }

  #record(tuple: Tuple, remote: RenderValue, isShown: IsShown | undefined): string {
    let text = "";
    for (const { index, name, label, typeOid, render } of this.#shown) {
      const value = tuple[index];
      if (value === undefined || (isShown !== undefined && !isShown(name, value))) continue;
      const json = value === null ? "null" : render === null ? remote(typeOid, value) : render(value);
      text += text === "" ? label + json : `,${label}${json}`;
    }
    return `{${text}}`;
  }
}

/** A change whose row cannot be shown: the shape of Supabase's error frames. */
export function changeError(change: RowChange, error: string): Uint8Array {
  const old = change.type === "UPDATE" ? '"old_record":{},' : "";
  const errors = JSON.stringify([error]);
  return Buffer.from(
    `${headOf(change)},"commit_timestamp":null,"columns":[],"record":{},${old}"errors":${errors},${tailOf(change.commitLsn)}`,
  );
}

function headOf({ relation: { schema, table }, type }: RowChange): string {
  return `{"schema":${JSON.stringify(schema)},"table":${JSON.stringify(table)},"type":"${type}"`;
}

function tailOf(commitLsn: Lsn): string {
  return `"lsn":"${formatLsn(commitLsn)}"}`;
}

function onlySmall(_name: string, text: string | null): boolean {
  return text === null || Buffer.byteLength(text) <= KEPT_VALUE_BYTES_MAX;
}
