import type { CreatePolicy, DatabaseChange, EditPolicy, PolicyShape, Publish } from "./schemas/database.ts";
import { quoteName, quoteTable } from "./sql.ts";

/** Tables of this publication are what clients may listen to (protocol 6.6). */
export const PUBLICATION = "supabase_realtime";

/** `public` is a word of the grammar here, not a role that could be quoted. */
const EVERYBODY = "public";

/**
 * The SQL of a change, one statement each, to be run in one transaction. What is shown before and what runs afterwards
 * are both this function's, so that they cannot differ.
 */
export function toStatements(change: DatabaseChange): string[] {
  const table = quoteTable(change);
  switch (change.kind) {
    case "publish":
      return change.again ? [toUnpublish(table), toPublish(change)] : [toPublish(change)];
    case "unpublish":
      return [toUnpublish(table)];
    case "row-security":
      return [`alter table ${table} ${change.enabled ? "enable" : "disable"} row level security`];
    case "replica-identity":
      return [`alter table ${table} replica identity ${change.identity}`];
    case "create-policy":
      return [toCreatePolicy(change)];
    case "edit-policy":
      return toEditPolicy(change);
    case "drop-policy":
      return [`drop policy ${quoteName(change.name)} on ${table}`];
  }
}

/** As a person would type it. */
export function toSqlText(change: DatabaseChange): string {
  const statements = toStatements(change);
  const text = statements.map((statement) => `${statement};`).join("\n");
  return statements.length === 1 ? text : `begin;\n${text}\ncommit;`;
}

/** What happens, as the title of a question and of an audit event. */
export function describeChange(change: DatabaseChange): string {
  const table = `${change.schema}.${change.table}`;
  switch (change.kind) {
    case "publish":
      return change.again ? `Change what ${table} publishes` : `Publish ${table}`;
    case "unpublish":
      return `Stop publishing ${table}`;
    case "row-security":
      return `${change.enabled ? "Enable" : "Disable"} row security on ${table}`;
    case "replica-identity":
      return `Set the replica identity of ${table} to ${change.identity}`;
    case "create-policy":
      return `Create the policy ${change.name}`;
    case "edit-policy":
      return `Change the policy ${change.before.name}`;
    case "drop-policy":
      return `Drop the policy ${change.name}`;
  }
}

function toUnpublish(table: string): string {
  return `alter publication ${PUBLICATION} drop table ${table}`;
}

function toPublish(change: Publish): string {
  const columns = change.columns === null ? "" : ` (${change.columns.map(quoteName).join(", ")})`;
  const filter = change.filter === null ? "" : ` where (${change.filter})`;
  return `alter publication ${PUBLICATION} add table ${quoteTable(change)}${columns}${filter}`;
}

type Place = Pick<CreatePolicy, "schema" | "table">;

function toCreatePolicy(change: Place & PolicyShape): string {
  const { name, command, permissive, using, check } = change;
  const lines = [
    `create policy ${quoteName(name)} on ${quoteTable(change)}`,
    ...(permissive ? [] : ["as restrictive"]),
    `for ${command}`,
    toRoles(change),
    ...(using === null ? [] : [`using (${using})`]),
    ...(check === null ? [] : [`with check (${check})`]),
  ];
  return lines.join("\n  ");
}

/** What `alter policy` cannot change (the command, the mode, an expression that goes away) takes a new policy. */
function toEditPolicy({ schema, table, before, after }: EditPolicy): string[] {
  const place = { schema, table };
  const on = quoteTable(place);
  const isAlterable =
    before.command === after.command &&
    before.permissive === after.permissive &&
    !(before.using !== null && after.using === null) &&
    !(before.check !== null && after.check === null);
  if (!isAlterable)
    return [`drop policy ${quoteName(before.name)} on ${on}`, toCreatePolicy({ ...place, ...after })];
  const lines = [
    ...(toRoles(before) === toRoles(after) ? [] : [toRoles(after)]),
    ...(before.using === after.using ? [] : [`using (${after.using})`]),
    ...(before.check === after.check ? [] : [`with check (${after.check})`]),
  ];
  const alter = `alter policy ${quoteName(before.name)} on ${on}`;
  return [
    ...(lines.length === 0 ? [] : [[alter, ...lines].join("\n  ")]),
    ...(before.name === after.name ? [] : [`${alter} rename to ${quoteName(after.name)}`]),
  ];
}

function toRoles({ roles }: Pick<PolicyShape, "roles">): string {
  return `to ${roles.length === 0 ? EVERYBODY : roles.map(quoteName).join(", ")}`;
}
