import { errorCodeOf, messageOf } from "../wal/postgres-error.ts";
import { TransactionUnseen } from "./seeing.ts";

/** One slow or failing question must not hold the stream of all others for long. */
const STATEMENTS_MAX = 24;

/** What Postgres gave no answer about, and why. */
export interface Unanswered<T> {
  readonly items: readonly T[];
  readonly reason: string;
}

/**
 * Puts a question about many items to Postgres. A statement that fails because of some item, or takes too long, is cut
 * in halves: one bad item must not hide the others. What is left when the statements are used up, and whatever fails
 * for another reason, stays unanswered; thrown, it would come back with the same batch for ever.
 *
 * @throws whatever says that the session failed rather than the statement: nothing is known then, and the same must be
 * asked again
 */
export async function askInParts<T>(
  items: readonly T[],
  ask: (items: readonly T[]) => Promise<void>,
  statements = { left: STATEMENTS_MAX },
): Promise<Unanswered<T>[]> {
  statements.left--;
  try {
    await ask(items);
    return [];
  } catch (error) {
    const code = errorCodeOf(error) ?? "";
    if (!isStatementFailure(code) && !(error instanceof TransactionUnseen)) throw error;
    if (items.length < 2 || statements.left < 2 || !isAboutItems(code)) {
      return [{ items, reason: messageOf(error) }];
    }
    const middle = Math.ceil(items.length / 2);
    const first = await askInParts(items.slice(0, middle), ask, statements);
    return [...first, ...(await askInParts(items.slice(middle), ask, statements))];
  }
}

/** The deadline of the pool and that of Postgres. */
const TOO_SLOW: ReadonlySet<string> = new Set(["QueryCanceled", "57014"]);

/** As opposed to the failure of a session. */
function isStatementFailure(code: string): boolean {
  return (
    TOO_SLOW.has(code) || (/^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) && !/^(08|53|57|58|XX)/.test(code))
  );
}

/** Data exceptions, values against a constraint, RAISE in a policy's function, and time. */
function isAboutItems(code: string): boolean {
  return TOO_SLOW.has(code) || /^(22|23|P0)/.test(code);
}
