import type { DatabaseChange } from "#lib/schemas/database.ts";
import { quoteTable } from "#lib/sql.ts";
import type { PublicationTable, PublicationView } from "#server/views/database.ts";

export interface TableWarning {
  id: string;
  /** `bad`: something fails; `warn`: something surprises; `hint`: worth knowing. */
  tone: "bad" | "warn" | "hint";
  /** For a badge. */
  short: string;
  sentence: string;
  /** What ends it: run from here, or copied because it takes a lock for as long as the table is large. */
  fix: { kind: "run"; change: DatabaseChange } | { kind: "copy"; sql: string } | null;
}

type Publishes = PublicationView["publishes"];

/** What about a table will fail or surprise once its rows are streamed; the worst first. */
export function warningsOf(table: PublicationTable, publishes: Publishes): TableWarning[] {
  const failing = unidentified(table, publishes);
  const found = [failing, keyless(table), open(table), closed(table), failing ? null : shortOldRows(table)];
  return found.filter((warning) => warning !== null);
}

/** Postgres refuses an UPDATE or DELETE whose row the stream could not name. */
function unidentified(table: PublicationTable, publishes: Publishes): TableWarning | null {
  if (table.publishedAs === null || !(publishes.update || publishes.delete)) return null;
  const reason = whyUnidentified(table);
  if (reason === null) return null;
  return {
    id: "unidentified",
    tone: "bad",
    short: "updates fail",
    sentence: `Postgres refuses every UPDATE and DELETE on this table, because it is published and ${reason}.`,
    fix: { kind: "run", change: fullIdentity(table) },
  };
}

function whyUnidentified({ identity, columns }: PublicationTable): string | null {
  const names = (wanted: PublicationTable["columns"]) => wanted.map(({ name }) => `\`${name}\``).join(", ");
  if (!columns.some(({ isIdentity }) => isIdentity)) {
    return identity === "nothing" ? "its replica identity is nothing" : "it has no primary key";
  }
  const left = columns.filter(({ isIdentity, isPublished }) => isIdentity && !isPublished);
  if (left.length > 0) return `${names(left)}, by which its rows are told apart, is not among its columns`;
  const read = columns.filter(({ isFiltered, isIdentity }) => isFiltered && !isIdentity);
  if (read.length > 0) return `its row filter reads ${names(read)}, which old rows do not carry`;
  return null;
}

function keyless(table: PublicationTable): TableWarning | null {
  if (table.primaryKey.length > 0) return null;
  const { schema, rowSecurity, columns } = table;
  const add = columns.some(({ name }) => name === "id")
    ? "add primary key (id)"
    : "add column id bigint generated always as identity primary key";
  return {
    id: "no-primary-key",
    tone: rowSecurity ? "bad" : "warn",
    short: "no primary key",
    sentence: rowSecurity
      ? "No primary key: with row security on, clients are sent `Error 400: Bad Request, no primary key` in place of rows."
      : "No primary key: a row cannot be told from its copies, and row security cannot be used.",
    fix: {
      kind: "copy",
      sql: `alter table ${quoteTable({ schema, table: table.table })} ${add}; -- locks the table while it is rewritten`,
    },
  };
}

function open(table: PublicationTable): TableWarning | null {
  if (table.rowSecurity) return null;
  const { schema, table: name } = table;
  return {
    id: "no-row-security",
    tone: "warn",
    short: "row security off",
    sentence: "Row security is off: whoever may connect receives every row that its role has a grant for.",
    fix: { kind: "run", change: { kind: "row-security", schema, table: name, enabled: true } },
  };
}

function closed({ rowSecurity, readPolicies }: PublicationTable): TableWarning | null {
  if (!rowSecurity || readPolicies > 0) return null;
  return {
    id: "no-policy",
    tone: "warn",
    short: "nobody reads",
    sentence: "Row security is on and no policy lets anybody read: only service_role receives rows.",
    fix: null,
  };
}

function shortOldRows(table: PublicationTable): TableWarning | null {
  if (table.identity === "full" || table.primaryKey.length === 0) return null;
  return {
    id: "short-old-rows",
    tone: "hint",
    short: "short old rows",
    sentence:
      "Old rows of UPDATE and DELETE carry only what identifies them: `old_record` has no other columns.",
    fix: { kind: "run", change: fullIdentity(table) },
  };
}

function fullIdentity({ schema, table }: PublicationTable): DatabaseChange {
  return { kind: "replica-identity", schema, table, identity: "full" };
}
