import type { Session } from "../wal/session.ts";
import { askInParts } from "./ask-in-parts.ts";
import type { Table } from "./catalog.ts";
import type { Claims } from "./claims-class.ts";
import { type MatchedChange, reader, rowErrorFor } from "./matching.ts";
import { seeing } from "./seeing.ts";
import type { TableShape } from "./shapes.ts";
import { type RowKey, visibleRows } from "./visibility.ts";

/** Runs one statement batch with a deadline; rejects with Postgres' own error, or a Refusal when the database is away. */
export type Ask = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/** Rows that could not be checked, so that nobody of the class got them. */
export interface Unchecked {
  readonly shapes: ReadonlySet<string>;
  readonly rows: number;
  readonly reason: string;
}

/** Who may see which of the matched rows. */
export interface RowAuthorization {
  isVisible(change: MatchedChange, shape: TableShape): boolean;
  readonly unchecked: readonly Unchecked[];
  /** Questions that were put to Postgres. */
  readonly queries: number;
}

/** One question: a class of users, and the distinct keys of one table that somebody of it asked for. */
interface Question {
  readonly table: Table;
  readonly claims: Claims;
  readonly keys: Map<string, RowKey>;
  readonly shapes: Set<string>;
  /** Transactions whose rows these are. */
  readonly xids: Set<number>;
  visible: Set<string>;
}

/**
 * Asks once per class of claims and table, however many subscribers the class has (promise P2). Nothing is asked for
 * tables without row-level security, for roles that it does not bind, and for DELETE, whose row is gone (protocol 6.5).
 *
 * @throws Refusal when the database is away: nothing has been decided then
 */
export async function authorizeRows(matched: readonly MatchedChange[], ask: Ask): Promise<RowAuthorization> {
  const questions = new Questions();
  for (const each of matched) questions.add(each);
  const unchecked = (await Promise.all(questions.all.map((each) => answer(each, ask)))).flat();
  return {
    isVisible: (each, onTable) => questions.isVisible(each, onTable),
    unchecked,
    queries: questions.all.length,
  };
}

/** What has to be asked about a batch, and afterwards the answers. */
class Questions {
  readonly #byClass = new Map<string, Question>();
  readonly #byShape = new Map<TableShape, Question | null>();
  readonly #keys = new Map<MatchedChange, string>();

  get all(): Question[] {
    return [...this.#byClass.values()];
  }

  add(matched: MatchedChange): void {
    const { change, shapes } = matched;
    if (change.type === "DELETE") return;
    let key: RowKey | undefined;
    for (const onTable of shapes) {
      const question = this.#questionOf(matched, onTable);
      if (question === null) continue;
      key ??= this.#keyOf(matched, onTable.table);
      question.keys.set(this.#keys.get(matched) ?? "", key);
      question.xids.add(change.xid);
    }
  }

  isVisible(matched: MatchedChange, onTable: TableShape): boolean {
    if (matched.change.type === "DELETE") return true;
    const question = this.#byShape.get(onTable) ?? null;
    return question === null || question.visible.has(this.#keys.get(matched) ?? "");
  }

  /** Null when nothing has to be asked: whether that is so does not depend on the row. */
  #questionOf({ change }: MatchedChange, onTable: TableShape): Question | null {
    const known = this.#byShape.get(onTable);
    if (known !== undefined) return known;
    const isOpen = !onTable.access.isSubjectToPolicies || rowErrorFor(change, onTable) !== undefined;
    const question = isOpen ? null : this.#questionFor(onTable);
    question?.shapes.add(onTable.shape.id);
    this.#byShape.set(onTable, question);
    return question;
  }

  #questionFor({ table, classKey, shape }: TableShape): Question {
    const name = `${table.oid}/${classKey}`;
    const known = this.#byClass.get(name);
    if (known !== undefined) return known;
    const made: Question = {
      table,
      claims: shape.claims,
      keys: new Map(),
      shapes: new Set(),
      xids: new Set(),
      visible: new Set(),
    };
    this.#byClass.set(name, made);
    return made;
  }

  #keyOf(matched: MatchedChange, { primaryKey }: Table): RowKey {
    const read = reader(matched.change);
    const key = primaryKey.map((name) => read(name) ?? "");
    this.#keys.set(matched, key.length === 1 ? (key[0] ?? "") : JSON.stringify(key));
    return key;
  }
}

async function answer(question: Question, ask: Ask): Promise<Unchecked[]> {
  const { table, claims, xids, visible, shapes } = question;
  const unanswered = await askInParts([...question.keys], async (entries) => {
    const keys = entries.map(([, key]) => key);
    const found = await seeing(xids, () => ask((session) => visibleRows(session, table, claims, keys)));
    for (const position of found.positions) visible.add(entries[position]?.[0] ?? "");
  });
  return unanswered.map(({ items, reason }) => ({ shapes, rows: items.length, reason }));
}
