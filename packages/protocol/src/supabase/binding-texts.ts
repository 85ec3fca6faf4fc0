import type { BindingSpec } from "../cluster/home.ts";
import { type FilterTree, parseFilter } from "./filter.ts";
import { inspectTerm, inspectText } from "./inspect-term.ts";

/** Why a postgres_changes entry was refused, word for word as clients know it (protocol 3.12, 6.2, 12.33). */
export const bindingTexts = {
  selectNotAList:
    'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',

  selectOnWildcard:
    "Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.",

  noParams: (entry: unknown) =>
    `No subscription params provided. Please provide at least a \`schema\` or \`table\` to subscribe to: ${inspectTerm(entry)}`,

  /** The table is not in the publication. */
  notPublished: (spec: BindingSpec) =>
    `Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: ${describe(spec)}`,

  /** @param exception one of {@link exceptionTexts} */
  exception: (spec: BindingSpec, exception: string) =>
    `Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: ${describe(spec)}. Exception: ${exception}`,
} as const;

/** What the database says about an entry that can be read but not be evaluated. */
export const exceptionTexts = {
  unknownRole: (role: string) => `ERROR 42704 (undefined_object) role "${role}" does not exist`,
  filterColumn: (column: string) => raised(`invalid column for filter ${column}`),
  selectColumn: (column: string) => raised(`invalid column for select ${column}`),
  tooManyValues: () => raised(`too many values for \`in\` filter. Maximum ${IN_VALUES_MAX}`),
  isValue: () => raised("invalid value for is filter: must be null, true, false, or unknown"),
  isType: (value: string, type: string) =>
    raised(`is ${value} filter requires a boolean column, got ${type}`),
  textType: (op: string, type: string) =>
    raised(`operator ${op} requires a text-compatible column type, got ${type}`),
  regularExpression: (op: string, detail: string) =>
    raised(`invalid regular expression for ${op} filter: ${detail}`),
  /** A literal that the column's type does not take, with Postgres' own SQLSTATE and sentence. */
  postgres: (sqlState: string, name: string, message: string) => `ERROR ${sqlState} (${name}) ${message}`,
} as const;

/** Elements that `in` may have. */
export const IN_VALUES_MAX = 100;

function raised(message: string): string {
  return `ERROR P0001 (raise_exception) ${message}`;
}

/** `[event: *, schema: public, table: x, filters: [{"id", "eq", "1", false}], select: nil]` */
function describe(spec: BindingSpec): string {
  const filters = describeFilters(parseFilter(spec.filter ?? ""));
  const select = inspectTerm(spec.select);
  return `[event: ${spec.event}, schema: ${spec.schema}, table: ${spec.table}, filters: ${filters}, select: ${select}]`;
}

function describeFilters(tree: FilterTree): string {
  if (tree.kind === "test") {
    return `{${inspectText(tree.column)}, ${inspectText(tree.op)}, ${inspectText(tree.value)}, ${tree.negate}}`;
  }
  const members = tree.of.map((member) =>
    member.kind === "test" ? describeFilters(member) : `{:${member.kind}, ${describeFilters(member)}}`,
  );
  return `[${members.join(", ")}]`;
}
