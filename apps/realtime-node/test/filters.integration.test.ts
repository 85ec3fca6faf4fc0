import { Refusal } from "@tidewire/protocol/errors";
import { parseFilter } from "@tidewire/protocol/supabase/filter";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { openClient, type TestClient } from "@tidewire/testkit/project-database";
import { type SeededRandom, seededRandom } from "@tidewire/testkit/seeded-random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCatalog, type Table } from "../src/changes/catalog.ts";
import {
  type CheckedTree,
  type CompiledFilter,
  compileFilter,
  sqlOf,
  testsOf,
  valueSql,
} from "../src/changes/compiled-filter.ts";
import { checkFilter } from "../src/changes/filter-check.ts";
import { RemoteQuestions } from "../src/changes/matching.ts";
import { holdsFor } from "../src/changes/visibility.ts";
import {
  quoteIdentifier,
  type Session,
  sessionOf,
  TEXT_FORMAT,
  TEXT_VALUES,
  type TextRow,
} from "../src/wal/session.ts";

let server: TestPostgres;
let client: TestClient;
let session: Session;
let table: Table;

/** Values of each column: as a row may hold them, and as a client may write them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  i: ["0", "1", "-1", "10", "2147483647", "007", "+5"],
  b: ["9007199254740993", "9007199254740992", "-9223372036854775808", "12"],
  n: ["1", "1.0", "1.00", "-0.5", "0", "0.000", "100000000000000000000.1", "NaN", "Infinity", "1e3"],
  f: ["1", "1.5", "0", "-0", "NaN", "Infinity", "-Infinity", "1e-300", "0.1"],
  r: ["0.1", "1e10", "3.4028235e38", "NaN"],
  t: ["", "a", "A", "ab", "a%b", "a_b", "a\\b", "é", "É", "z", "😀", "\uffff", "a\nb", "null"],
  c: ["a", "ab", "a ", "b"],
  o: ["t", "f", "true", "false", "yes", "0"],
  u: [
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    "00000000-0000-0000-0000-000000000000",
  ],
  d: ["2026-08-21", "0044-03-15 BC", "infinity", "-infinity", "12026-01-01", "2026-8-21"],
  s: [
    "2026-08-21 12:00:00",
    "2026-08-21T12:00:00.5",
    "infinity",
    "0044-03-15 12:00:00 BC",
    "2026-08-21 12:00:00.500000",
  ],
  z: ["2026-08-21 12:00:00+02", "2026-08-21 10:00:00Z", "infinity", "2026-08-21 12:00:00.000001+00"],
  m: ["sad", "ok", "happy"],
  x: ["\\x00", "\\x", "\\x00ff", "\\xFF"],
  j: ["{}", '{"a":1}', '{"a":1.0}', "[1,2]", "null"],
  v: ["1 day", "24:00:00", "1 mon", "30 days"],
  w: ["a", "A", "b"],
  g: ["1", "2", "3"],
  h: ["1", "-7", "32767"],
  k: ["", "a", "a ", "ab", "é"],
  l: ["a", "B", "é", "😀", "\uffff", ""],
  y: ["a", "A", "é", "É", "e"],
  p: ["a", "b", "zz"],
  q: ["00:00:00", "12:34:56.7", "24:00:00"],
  a: ["{1,2}", "{}", "{NULL}", "{1,2,3}"],
  e: ["[1,5)", "empty", "(,3)", "[1,4]"],
  ip: ["10.0.0.1", "10.0.0.0/8", "::1"],
};
const PATTERNS = [
  "a%",
  "%b",
  "A_",
  "a\\%b",
  "%",
  "",
  "^a",
  "a.b",
  "b$",
  "[ab]",
  "^(a|b)$",
  "a+",
  "(?i)a",
  "é%",
  "\\d",
];
const TRUTHS = ["null", "true", "false", "unknown"];
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
];

beforeAll(async () => {
  server = await startTestPostgres();
  client = await openClient(server.url());
  session = sessionOf({ query: (text: string) => client.query({ text, types: TEXT_VALUES }) } as never);
  await session.rows(TEXT_FORMAT);
  await session.rows(`
    create schema realtime; create extension citext;
    create collation anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create type mood as enum ('sad', 'ok', 'happy'); create domain grade as int check (value > 0);
    create table rows (id serial primary key, i int, b bigint, n numeric, f float8, r float4, t text, c char(5), o bool,
      u uuid, d date, s timestamp, z timestamptz, m mood, x bytea, j jsonb, v interval, w citext, g grade, h smallint,
      k varchar(10), l text collate "C", y text collate anycase, p name, q time, a int[], e int4range, ip inet);
    create publication supabase_realtime for table rows`);
  const [found] = (await readCatalog(session)).tables;
  if (found === undefined) throw new Error("no table");
  table = found;
});
afterAll(async () => {
  await client.end();
  await server[Symbol.asyncDispose]();
});

function randomFilter(random: SeededRandom, depth = 0): string {
  if (depth < 2 && random.chance(0.15)) {
    const members = Array.from({ length: 1 + random.below(3) }, () => randomMember(random, depth + 1));
    return `${random.pick(["or", "and"])}(${members.join(",")})`;
  }
  const [column, rest] = randomTest(random);
  return `${column}=${rest}`;
}

function randomMember(random: SeededRandom, depth: number): string {
  const text = randomFilter(random, depth);
  return text.startsWith("or(") || text.startsWith("and(") ? text : text.replace("=", ".");
}

function randomTest(random: SeededRandom): [column: string, rest: string] {
  const column = random.pick(Object.keys(VALUES));
  const op = random.pick(OPERATORS);
  const not = random.chance(0.25) ? "not." : "";
  return [column, `${not}${op}.${randomLiteral(random, column, op)}`];
}

function randomLiteral(random: SeededRandom, column: string, op: string): string {
  const quote = (value: string) => `"${value.replace(/["\\]/g, "\\$&")}"`;
  const value = () => random.pick(VALUES[column] ?? []);
  if (op === "is") return random.pick(TRUTHS);
  if (op === "in") {
    const items = Array.from({ length: random.below(4) }, () =>
      random.chance(0.1) ? "NULL" : quote(value()),
    );
    return `(${items.join(",")})`;
  }
  if (["like", "ilike", "match", "imatch"].includes(op))
    return quote(random.chance(0.8) ? random.pick(PATTERNS) : value());
  return quote(value());
}

async function fillRows(random: SeededRandom, count: number): Promise<void> {
  const columns = Object.keys(VALUES);
  await session.rows("truncate rows restart identity");
  for (let row = 0; row < count; row++) {
    const values = columns.map((column) => (random.chance(0.15) ? null : random.pick(VALUES[column] ?? [])));
    const list = columns.map((_, index) => `$${index + 1}`).join(",");
    await client.query(`insert into rows (${columns.join(",")}) values (${list})`, values);
  }
}

/** The same comparison as a person would write it in SQL, on the column itself. */
function toPlainSql(tree: CheckedTree): string {
  if (tree.kind === "test") return sqlOf(tree).replace(valueSql(tree.on), quoteIdentifier(tree.column));
  if (tree.of.length === 0) return "true";
  return `(${tree.of.map(toPlainSql).join(tree.kind === "and" ? " and " : " or ")})`;
}

const ROWS = 120;
const FILTERS = 10_000;
/** Filters that Postgres is asked about in one statement. */
const BATCH = 200;

/** Literals repeat: what Postgres has said about one, it would say again. */
function remembering({ rows, results }: Session): Session {
  const answers = new Map<string, ReturnType<Session["rows"]>>();
  return {
    results,
    rows(sql) {
      const known = answers.get(sql) ?? rows(sql);
      answers.set(sql, known);
      known.catch(() => undefined);
      return known;
    },
  };
}

interface Accepted {
  text: string;
  tree: CheckedTree;
  filter: CompiledFilter;
}

/** What its questions to Postgres leave of the rows, as in `changes/publisher`. */
async function chosenByUs(
  asking: Session,
  { filter }: Accepted,
  rows: readonly TextRow[],
): Promise<TextRow[]> {
  const questions = new RemoteQuestions();
  const holds = (row: TextRow, ask: typeof questions.note) => filter.holds((name) => row[name], ask);
  const hopeful = rows.filter((row) => holds(row, questions.note));
  if (!filter.needsPostgres) return hopeful;
  for (const { test: question, values } of questions.all) {
    const asked = [...values.keys()];
    for (const at of await holdsFor(asking, question, asked)) values.set(asked[at] ?? null, true);
  }
  return hopeful.filter((row) => holds(row, questions.answer));
}

/** For each filter the ids of its rows, in one statement. */
async function chosenByPostgres(filters: readonly Accepted[]): Promise<string[]> {
  const counts = filters.map(
    ({ tree }, index) => `array_agg(id order by id) filter (where ${toPlainSql(tree)}) as f${index}`,
  );
  const [row] = await session.rows(`select ${counts.join(",")} from rows`);
  return filters.map((_, index) => row?.[`f${index}`]?.slice(1, -1) ?? "");
}

test("[R14] 10,000 random filters choose the rows that Postgres chooses [6.2, D8]", {
  timeout: 600_000,
}, async () => {
  const random = seededRandom();
  await fillRows(random, ROWS);
  const columns = ["id", ...Object.keys(VALUES)];
  const rows = await session.rows(
    `select ${columns.map((column) => `case when ${column} is null then null else format('%s', ${column}) end as ${column}`).join(",")} from rows order by rows.id`,
  );
  const readable = new Set(columns);
  const asking = remembering(session);
  const tried = new Map<string, number>();
  let batch: Accepted[] = [];
  let accepted = 0;
  while (accepted < FILTERS) {
    const text = Array.from({ length: 1 + random.below(2) }, () => randomFilter(random)).join(",");
    const spec = { event: "*" as const, schema: "public", table: "rows", filter: text };
    try {
      const tree = await checkFilter(asking, { tree: parseFilter(text), table, readable, spec });
      batch.push({ text, tree, filter: compileFilter(tree) });
      for (const { op, negate } of testsOf(tree)) {
        const name = negate ? `not.${op}` : op;
        tried.set(name, (tried.get(name) ?? 0) + 1);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      continue;
    }
    accepted++;
    if (batch.length < BATCH && accepted < FILTERS) continue;
    const theirs = await chosenByPostgres(batch);
    for (const [index, each] of batch.entries()) {
      const ours = await chosenByUs(asking, each, rows);
      const ids = ours.map(({ id }) => id).join(",");
      expect(ids, `seed ${random.seed}: ${each.text}`).toBe(theirs[index]);
      expectFoundByIndex(each, ours);
    }
    batch = [];
  }
  for (const op of OPERATORS)
    for (const name of [op, `not.${op}`]) expect(tried.get(name), name).toBeGreaterThan(50);
});

/** Whatever a filter chooses, its index would have found. */
function expectFoundByIndex({ text, filter: { hint } }: Accepted, rows: readonly TextRow[]): void {
  if (hint === undefined) return;
  for (const row of rows) {
    const value = row[hint.column];
    expect(hint.keys, `index of ${text}`).toContain(hint.keyOf(value ?? ""));
  }
}
