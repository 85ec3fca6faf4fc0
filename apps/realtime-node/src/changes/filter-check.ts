import type { BindingSpec } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import { bindingTexts, exceptionTexts, IN_VALUES_MAX } from "@tidewire/protocol/supabase/binding-texts";
import type { FilterTest, FilterTree } from "@tidewire/protocol/supabase/filter";
import { errorCodeOf, isConnectionLost, messageOf } from "../wal/postgres-error.ts";
import { quoteLiteral, type Session } from "../wal/session.ts";
import type { Table, TableColumn } from "./catalog.ts";
import { type CheckedTree, sqlOf } from "./compiled-filter.ts";

/** Postgres' names of the errors that a literal may cause; clients read them in the refusal. */
const CONDITIONS: Readonly<Record<string, string>> = {
  "0A000": "feature_not_supported",
  "22P02": "invalid_text_representation",
  "22P03": "invalid_binary_representation",
  "22003": "numeric_value_out_of_range",
  "22007": "invalid_datetime_format",
  "22008": "datetime_field_overflow",
  "22001": "string_data_right_truncation",
  "22021": "character_not_in_repertoire",
  "22025": "invalid_escape_sequence",
  "22030": "duplicate_json_object_key_value",
  "23514": "check_violation",
  "42883": "undefined_function",
  "42725": "ambiguous_function",
  "42804": "datatype_mismatch",
  "54001": "statement_too_complex",
};

const PATTERN_OPS: ReadonlySet<string> = new Set(["like", "ilike", "match", "imatch"]);
const TRUTHS: ReadonlySet<string> = new Set(["null", "true", "false", "unknown"]);
const INVALID_REGULAR_EXPRESSION = "2201B";

/** Literals of the commonest types in the form that Postgres itself prints: they need no question. */
const CANONICAL: Readonly<Record<string, RegExp>> = {
  int2: /^(0|-?[1-9]\d{0,3})$/,
  int4: /^(0|-?[1-9]\d{0,8})$/,
  int8: /^(0|-?[1-9]\d{0,17})$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  text: /^[^\0]*$/,
  varchar: /^[^\0]*$/,
};

/**
 * Does what Supabase's trigger on `realtime.subscription` does: columns exist and may be read, operators suit their
 * types, literals can be cast (protocol 6.2).
 *
 * @param readable columns that the subscriber's role may SELECT
 * @throws Refusal RealtimeDisabledForConfiguration with the text that clients know
 */
export async function checkFilter(
  session: Session,
  {
    tree,
    table,
    readable,
    spec,
  }: { tree: FilterTree; table: Table; readable: ReadonlySet<string>; spec: BindingSpec },
): Promise<CheckedTree> {
  if (tree.kind !== "test") {
    const of: CheckedTree[] = [];
    for (const member of tree.of)
      of.push(await checkFilter(session, { tree: member, table, readable, spec }));
    return { kind: tree.kind, of };
  }
  const on = table.columns.find((column) => column.name === tree.column);
  if (on === undefined || !readable.has(tree.column))
    throw refuse(spec, exceptionTexts.filterColumn(tree.column));
  const problem = unfit(tree, on);
  if (problem !== undefined) throw refuse(spec, problem);
  try {
    return { ...tree, on, canonical: await canonicalLiteral(session, tree, on) };
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    throw refuse(spec, toException(error, tree), error);
  }
}

export function refuse(spec: BindingSpec, exception: string, cause?: unknown): Refusal {
  return new Refusal("RealtimeDisabledForConfiguration", {
    message: bindingTexts.exception(spec, exception),
    cause,
  });
}

function unfit({ op, value, values }: FilterTest, on: TableColumn): string | undefined {
  if (op === "is") {
    const truth = value.toLowerCase();
    if (!TRUTHS.has(truth)) return exceptionTexts.isValue();
    if (truth !== "null" && on.baseType !== "bool") return exceptionTexts.isType(truth, typeName(on));
  }
  if (PATTERN_OPS.has(op) && on.category !== "S") return exceptionTexts.textType(op, typeName(on));
  if (op === "in" && (values?.length ?? 0) > IN_VALUES_MAX) return exceptionTexts.tooManyValues();
  return undefined;
}

async function canonicalLiteral(
  session: Session,
  test: FilterTest,
  on: TableColumn,
): Promise<string | undefined> {
  const { op, value, values } = test;
  if (op === "is") return undefined;
  const pattern = CANONICAL[on.baseType];
  const isPlain = isCatalogType(on) && pattern !== undefined;
  if (isPlain && !PATTERN_OPS.has(op) && op !== "in" && pattern.test(value)) return value;
  if (
    isPlain &&
    op === "in" &&
    values?.every((each) => each !== null && /^-?\w+$/.test(each) && pattern.test(each))
  ) {
    return value.replaceAll(/\s/g, "");
  }
  const isAnyPatternFine = on.baseType !== "bpchar" && on.isDeterministic;
  if ((op === "like" || op === "ilike") && isAnyPatternFine && !value.includes("\\")) return undefined;
  return askPostgres(session, test, on);
}

/**
 * Evaluating the comparison once finds a missing operator and a broken pattern as well. `format` prints as the stream
 * does; a cast to text would say `true` for `t`.
 */
async function askPostgres(session: Session, test: FilterTest, on: TableColumn): Promise<string | undefined> {
  const comparison = sqlOf({ ...test, on });
  if (PATTERN_OPS.has(test.op)) {
    await session.rows(`select ${comparison} from (select ''::text as v) probe`);
    return undefined;
  }
  const type = test.op === "in" ? `${on.sqlType}[]` : on.sqlType;
  const literal = `${quoteLiteral(test.value)}::${type}`;
  const element = test.op === "in" ? `(${literal})[1]` : literal;
  const [row] = await session.rows(
    `select format('%s', ${literal}) as canonical, ${comparison} as fits from (select format('%s', ${element}) as v) probe`,
  );
  return row?.canonical ?? undefined;
}

function isCatalogType(on: TableColumn): boolean {
  return on.sqlType === `pg_catalog.${on.baseType}` || on.sqlType === `pg_catalog."${on.baseType}"`;
}

const SQL_NAMES: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  varchar: "character varying",
  bpchar: "character",
  timestamptz: "timestamp with time zone",
  timestamp: "timestamp without time zone",
  timetz: "time with time zone",
  time: "time without time zone",
};

function typeName(on: TableColumn): string {
  if (!isCatalogType(on)) return on.sqlType.split(".").at(-1) ?? on.baseType;
  return SQL_NAMES[on.baseType] ?? on.baseType;
}

function toException(error: unknown, { op }: FilterTest): string {
  const sqlState = errorCodeOf(error) ?? "XX000";
  const message = messageOf(error);
  if (sqlState === INVALID_REGULAR_EXPRESSION) {
    return exceptionTexts.regularExpression(op, message.replace(/^invalid regular expression: /, ""));
  }
  return exceptionTexts.postgres(sqlState, CONDITIONS[sqlState] ?? "internal_error", message);
}
