import { errorCodeOf, messageOf } from "./postgres-error.ts";
import { quoteLiteral, type Session } from "./session.ts";

/**
 * Those of `names` that exist, sorted. Before Postgres 18 one that is missing ends the stream.
 *
 * @throws Error when there is none: nothing could ever be streamed
 */
export async function existingPublications(session: Session, names: readonly string[]): Promise<string[]> {
  const list = names.map(quoteLiteral).join(",");
  const rows = await session.rows(
    `select pubname from pg_publication where pubname in (${list}) order by pubname`,
  );
  if (rows.length === 0) throw new Error(`the database has none of the publications ${names.join(", ")}`);
  return rows.map((row) => row.pubname ?? "");
}

/** Before Postgres 18 a slot that stands before the birth of a publication never gets past it. */
export function isStuckBeforePublication(error: unknown): boolean {
  return errorCodeOf(error) === "42704" && /publication .* does not exist/.test(messageOf(error));
}
