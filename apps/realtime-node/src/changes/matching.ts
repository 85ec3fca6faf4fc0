import { currentRow, identityRow, type Relation, type RowChange } from "../wal/row-change.ts";
import { ROW_ERRORS } from "./change-data.ts";
import type { AskRemote, RemoteTest, ValueOf } from "./compiled-filter.ts";
import type { Shapes, TableShape } from "./shapes.ts";

/** A change and everybody who asked for it; what each may see of it is still to be decided. */
export interface MatchedChange {
  readonly change: RowChange;
  readonly shapes: TableShape[];
}

/** One column's value in one SQL expression, for each value whether it holds. */
export interface RemoteQuestion {
  readonly test: RemoteTest;
  readonly values: Map<string | null, boolean>;
}

/** Comparisons that were put off. */
export class RemoteQuestions {
  readonly #questions = new Map<string, RemoteQuestion>();

  get all(): Iterable<RemoteQuestion> {
    return this.#questions.values();
  }

  get isEmpty(): boolean {
    return this.#questions.size === 0;
  }

  /** Notes the question and hopes for the best: negations are inside the questions, so hope never hides a match. */
  readonly note: AskRemote = (test, value) => {
    const question = this.#questions.get(test.sql) ?? { test, values: new Map<string | null, boolean>() };
    this.#questions.set(test.sql, question);
    if (!question.values.has(value)) question.values.set(value, false);
    return true;
  };

  readonly answer: AskRemote = (test, value) => this.#questions.get(test.sql)?.values.get(value) ?? false;
}

/** Holds a change against the shapes on its table. Filters see the new row, or of a DELETE what is left of the old one. */
export function match(
  change: RowChange,
  tableOid: number,
  shapes: Shapes,
  ask: AskRemote,
): MatchedChange | undefined {
  const index = shapes.on(tableOid);
  if (index === undefined) return undefined;
  const read = reader(change);
  const matched: TableShape[] = [];
  for (const shape of index.candidates(change.type, read)) {
    if (shape.filter.holds(read, ask)) matched.push(shape);
  }
  return matched.length === 0 ? undefined : { change, shapes: matched };
}

/** Shapes whose filters had to be asked of Postgres, once it has answered. */
export function confirm({ change, shapes }: MatchedChange, answer: AskRemote): MatchedChange | undefined {
  const read = reader(change);
  const confirmed = shapes.filter(({ filter }) => !filter.needsPostgres || filter.holds(read, answer));
  return confirmed.length === 0 ? undefined : { change, shapes: confirmed };
}

/**
 * Shapes that get an error frame instead of the row, whatever their filter says (protocol 6.5, 12.31). Without
 * row-level security a row needs no key to be delivered (difference D15).
 */
export function rowErrorFor({ type }: RowChange, { table, access }: TableShape): string | undefined {
  if (type === "DELETE") return undefined;
  if (table.primaryKey.length === 0) return table.rowSecurity ? ROW_ERRORS.noPrimaryKey : undefined;
  return table.primaryKey.every((name) => access.readable.has(name)) ? undefined : ROW_ERRORS.unauthorized;
}

const POSITIONS = new WeakMap<Relation, Map<string, number>>();

function positionsOf(relation: Relation): Map<string, number> {
  const known = POSITIONS.get(relation);
  if (known !== undefined) return known;
  const positions = new Map(relation.columns.map(({ name }, index) => [name, index]));
  POSITIONS.set(relation, positions);
  return positions;
}

export function reader(change: RowChange): ValueOf {
  const tuple = change.type === "DELETE" ? identityRow(change) : currentRow(change);
  const positions = positionsOf(change.relation);
  return (column) => {
    const position = positions.get(column);
    return position === undefined ? undefined : tuple[position];
  };
}
