import {
  FilterError,
  parseArrayElements,
  splitInto,
  splitSegments,
  unexpectedParts,
  unquote,
  withoutEscapes,
} from "./filter-text.ts";

/** Each may be negated by `not.` (protocol 6.2). */
const OPERATORS = [
  "eq",
  "neq",
  "lt",
  "lte",
  "gt",
  "gte",
  "in",
  "like",
  "ilike",
  "is",
  "match",
  "imatch",
  "isdistinct",
] as const;
export type FilterOperator = (typeof OPERATORS)[number];

/** One comparison of a column with a literal whose type is the column's. */
export interface FilterTest {
  kind: "test";
  column: string;
  op: FilterOperator;
  negate: boolean;
  /** The literal as text; of `in` the Postgres array literal `{a,b}`. */
  value: string;
  /** The elements of `in`; absent for every other operator. */
  values?: (string | null)[];
}

/** What a filter means: groups hold in order of writing; an empty `and` lets every row through. */
export type FilterTree = FilterTest | { kind: "and" | "or"; of: FilterTree[] };

/** Bounds on what one client may make the home evaluate per row. */
const LENGTH_MAX = 65_536;
const DEPTH_MAX = 8;
const TESTS_MAX = 100;

/**
 * `column=[not.]op.value`, joined by commas (AND); a segment may also be `or(...)` or `and(...)` whose members are
 * written `column.[not.]op.value` and may nest (difference D8). A blank text is the filter that lets everything through.
 * Whether columns, types and literals fit is for the database to say.
 * @throws FilterError with the text for the client
 */
export function parseFilter(text: string): FilterTree {
  if (text.length > LENGTH_MAX)
    throw new FilterError(`filter must not be longer than ${LENGTH_MAX} characters`);
  if (text.trim() === "") return { kind: "and", of: [] };
  const tree: FilterTree = { kind: "and", of: segments(text).map(parseSegment) };
  if (countTests(tree) > TESTS_MAX)
    throw new FilterError(`filter must not have more than ${TESTS_MAX} conditions`);
  return tree;
}

function segments(text: string): string[] {
  const found = splitSegments(text).map((segment) => segment.trim());
  if (found.includes(""))
    throw new FilterError("filter must not contain empty segments (check for extra commas)");
  return found;
}

function parseSegment(segment: string): FilterTree {
  const group = parseGroup(segment, 1);
  if (group) return group;
  const parts = splitInto(2, segment, "=");
  const [column, rest] = parts;
  if (column === undefined || rest === undefined) throw unexpectedParts(parts);
  return parseTest(column.trim(), rest);
}

const GROUP = /^(or|and)\((.*)\)$/s;

function parseGroup(text: string, depth: number): FilterTree | undefined {
  const [, kind, inner] = GROUP.exec(text) ?? [];
  if (inner === undefined) return undefined;
  if (depth > DEPTH_MAX) throw new FilterError(`groups must not nest deeper than ${DEPTH_MAX}`);
  const members = segments(inner).map((member) => parseGroup(member, depth + 1) ?? parseMember(member));
  return { kind: kind === "or" ? "or" : "and", of: members };
}

/** A column with dots in its name is written in double quotes. */
const MEMBER = /^(?:"((?:[^"\\]|\\.)*)"|([^."]+))\.(.*)$/s;

function parseMember(member: string): FilterTest {
  const [, quoted, plain, rest] = MEMBER.exec(member) ?? [];
  const column = plain ?? (quoted === undefined ? undefined : withoutEscapes(quoted));
  if (column === undefined || rest === undefined) throw unexpectedParts([member]);
  return parseTest(column, rest);
}

function parseTest(column: string, text: string): FilterTest {
  const negate = text.startsWith("not.");
  const parts = splitInto(2, negate ? text.slice("not.".length) : text, ".");
  const [op, value] = parts;
  if (op === undefined || value === undefined || !isOperator(op)) throw unexpectedParts(parts);
  if (op !== "in") return { kind: "test", column, op, negate, value: unquote(value) };
  if (!value.startsWith("(") || !value.endsWith(")") || value.length < 2) {
    throw new FilterError("`in` filter value must be wrapped by parentheses");
  }
  const inner = value.slice(1, -1);
  return { kind: "test", column, op, negate, value: `{${inner}}`, values: parseArrayElements(inner) };
}

function isOperator(text: string): text is FilterOperator {
  return (OPERATORS as readonly string[]).includes(text);
}

function countTests(tree: FilterTree): number {
  if (tree.kind === "test") return 1;
  return tree.of.reduce((sum, member) => sum + countTests(member), 0);
}
