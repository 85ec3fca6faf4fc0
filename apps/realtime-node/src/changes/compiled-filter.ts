import type { FilterTest, FilterTree } from "@tidewire/protocol/supabase/filter";
import { quoteLiteral } from "../wal/session.ts";
import { parseArrayLiteral } from "../wal/text-literals.ts";
import type { TableColumn } from "./catalog.ts";
import { comparisonOf } from "./comparison.ts";
import { compileIlike, compileLike, compileRegExp } from "./pattern.ts";

/** A column's text; null is NULL, undefined is not known (then nothing holds, protocol 6.2). */
export type ValueOf = (column: string) => string | null | undefined;

/** A comparison that only Postgres can make. Equal `sql` texts are the same question. */
export interface RemoteTest {
  readonly column: string;
  /** A boolean expression over the text `v`. */
  readonly sql: string;
}

/** Answers a remote test for a value. */
export type AskRemote = (test: RemoteTest, value: string | null) => boolean;

/** Values with which an index finds the filter: it cannot hold unless the column's key is one of these. */
export interface IndexHint {
  readonly column: string;
  readonly keys: readonly string[];
  keyOf(text: string): string;
}

export interface CompiledFilter {
  readonly columns: readonly string[];
  readonly needsPostgres: boolean;
  readonly hint: IndexHint | undefined;
  /** True only when the filter holds; unknown is false, as in WHERE. */
  holds(value: ValueOf, ask: AskRemote): boolean;
}

/** One test, with its literal as Postgres prints it for the column's type. */
export interface CheckedTest extends FilterTest {
  readonly on: TableColumn;
  /** Canonical text of the literal, or of the elements of `in`; absent where the literal is not of the column's type. */
  readonly canonical?: string;
}

export type CheckedTree = CheckedTest | { kind: "and" | "or"; of: CheckedTree[] };

type Leaf = (value: ValueOf, ask: AskRemote) => boolean;

/**
 * A filter as a function of a row, with Postgres' semantics. A negation stands only directly before a comparison, so
 * "unknown" never has to be told from "false" above it: `not` of unknown is unknown.
 */
export function compileFilter(tree: CheckedTree): CompiledFilter {
  const tests = testsOf(tree);
  return {
    columns: [...new Set(tests.map((test) => test.column))],
    needsPostgres: tests.some(mayAsk),
    hint: hintOf(tree),
    holds: compileTree(tree),
  };
}

export function testsOf<T extends FilterTree>(tree: T): Extract<T, { kind: "test" }>[] {
  if (tree.kind === "test") return [tree as Extract<T, { kind: "test" }>];
  return (tree.of as T[]).flatMap((member) => testsOf(member));
}

function compileTree(tree: CheckedTree): Leaf {
  if (tree.kind === "test") return compileTest(tree);
  const members = tree.of.map(compileTree);
  if (tree.kind === "and") return (value, ask) => members.every((holds) => holds(value, ask));
  if (!testsOf(tree).some(mayAsk)) {
    return (value, ask) => members.some((holds) => holds(value, ask));
  }
  // A question that is only noted counts as a yes: the questions after it must be noted as well.
  return (value, ask) => members.map((holds) => holds(value, ask)).includes(true);
}

function compileTest(test: CheckedTest): Leaf {
  const remote: RemoteTest = { column: test.column, sql: sqlOf(test) };
  const local = localTest(test);
  return (read, ask) => {
    const value = read(test.column);
    if (value === undefined) return false;
    const known = local?.(value) ?? null;
    if (known === "unknown") return false;
    if (known === null) return ask(remote, value);
    return known !== test.negate;
  };
}

/** Whether some value of the column may have to be shown to Postgres: letters beyond ASCII have cases of their own. */
function mayAsk(test: CheckedTest): boolean {
  return test.op === "ilike" || localTest(test) === null;
}

/** `unknown` is SQL's; null means that Postgres has to be asked. */
type Local = (value: string | null) => boolean | "unknown" | null;

function localTest(test: CheckedTest): Local | null {
  switch (test.op) {
    case "is":
      return isTest(test.value);
    case "isdistinct":
      return distinctTest(test);
    case "like":
      return textTest(test, compileLike(test.value));
    case "ilike":
      return textTest(test, compileIlike(test.value));
    case "match":
      return textTest(test, compileRegExp(test.value));
    case "imatch":
      return null;
    case "in":
      return inTest(test);
    default:
      return orderTest(test);
  }
}

function isTest(value: string): Local {
  const wanted = value.toLowerCase();
  if (wanted === "null" || wanted === "unknown") return (text) => text === null;
  const letter = wanted === "true" ? "t" : "f";
  return (text) => text === letter;
}

function distinctTest({ on, canonical }: CheckedTest): Local | null {
  const comparison = comparisonOf(on);
  if (comparison === null || canonical === undefined) return null;
  const key = comparison.key(canonical);
  return (text) => text === null || comparison.key(text) !== key;
}

/** bpchar keeps its padding out of patterns; only Postgres knows how. */
function textTest({ on }: CheckedTest, test: ((text: string) => boolean | null) | null): Local | null {
  if (test === null || !on.isDeterministic || !["text", "varchar"].includes(on.baseType)) return null;
  return (text) => (text === null ? "unknown" : test(text));
}

function inTest(test: CheckedTest): Local | null {
  const comparison = comparisonOf(test.on);
  const elements = elementsOf(test);
  if (comparison === null || elements === null) return null;
  const keys = new Set(elements.filter((each) => each !== null).map(comparison.key));
  const orNull = elements.includes(null) ? "unknown" : false;
  // Of no value at all nothing is unknown, not even NULL.
  const ofNull = elements.length === 0 ? false : "unknown";
  return (text) => (text === null ? ofNull : keys.has(comparison.key(text)) || orNull);
}

function elementsOf({ canonical }: CheckedTest): (string | null)[] | null {
  if (canonical === undefined) return null;
  const items = parseArrayLiteral(canonical);
  return items.some(Array.isArray) ? null : (items as (string | null)[]);
}

function orderTest(test: CheckedTest): Local | null {
  const { op, on, canonical } = test;
  const comparison = comparisonOf(on);
  if (comparison === null || canonical === undefined) return null;
  if (op === "eq" || op === "neq") {
    const key = comparison.key(canonical);
    return (text) => (text === null ? "unknown" : (comparison.key(text) === key) === (op === "eq"));
  }
  const { compare } = comparison;
  const fits = ORDERS[op];
  if (compare === null || fits === undefined) return null;
  return (text) => (text === null ? "unknown" : fits(compare(text, canonical)));
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

/** The first equality that must hold, whatever else does. */
function hintOf(tree: CheckedTree): IndexHint | undefined {
  if (tree.kind !== "test") {
    return tree.kind === "or" ? undefined : tree.of.map(hintOf).find((hint) => hint !== undefined);
  }
  const comparison = comparisonOf(tree.on);
  if (tree.negate || comparison === null || tree.canonical === undefined) return undefined;
  const keyOf = (text: string) => comparison.key(text);
  if (tree.op === "eq") return { column: tree.column, keys: [keyOf(tree.canonical)], keyOf };
  const elements = tree.op === "in" ? elementsOf(tree) : null;
  if (elements === null) return undefined;
  const keys = [...new Set(elements.filter((each) => each !== null).map(keyOf))];
  return { column: tree.column, keys, keyOf };
}

const SQL_OPERATORS: Readonly<Record<string, string>> = {
  eq: "=",
  neq: "<>",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  like: "LIKE",
  ilike: "ILIKE",
  match: "~",
  imatch: "~*",
  isdistinct: "IS DISTINCT FROM",
};

/** The column's value out of the text `v`. */
export function valueSql({ sqlType, collation }: Pick<TableColumn, "sqlType" | "collation">): string {
  return `(v::${sqlType}${collation === null ? "" : ` collate ${collation}`})`;
}

/** The comparison over the text `v`, as Supabase evaluates it: with typed literals (protocol 6.2). */
export function sqlOf(test: Pick<CheckedTest, "op" | "negate" | "value" | "on">): string {
  const { op, negate, on } = test;
  const value = valueSql(on);
  const not = negate ? "NOT " : "";
  if (op === "is") return `${value} IS ${not}${toTruth(test.value)}`;
  if (op === "in") return `${not}(${value} = ANY (${quoteLiteral(test.value)}::${on.sqlType}[]))`;
  const type = PATTERNS.has(op) ? "text" : on.sqlType;
  return `${not}(${value} ${SQL_OPERATORS[op]} ${quoteLiteral(test.value)}::${type})`;
}

const PATTERNS: ReadonlySet<string> = new Set(["like", "ilike", "match", "imatch"]);
const TRUTHS: ReadonlySet<string> = new Set(["NULL", "TRUE", "FALSE", "UNKNOWN"]);

function toTruth(value: string): string {
  const truth = value.toUpperCase();
  return TRUTHS.has(truth) ? truth : "NULL";
}
