import type { BindingSpec } from "../cluster/home.ts";
import { bindingTexts } from "./binding-texts.ts";
import { parseFilter } from "./filter.ts";
import { FilterError } from "./filter-text.ts";

/** A postgres_changes entry that cannot be subscribed; the message is what the client is sent. */
export class BindingError extends Error {
  override readonly name = "BindingError";
}

/**
 * One postgres_changes entry (protocol 6.1). Allowed: schema, table and filter; schema and table; schema alone (all
 * its tables); table alone (in `public`). A `filter` key that is no string is an error, not an absence.
 * @throws BindingError
 */
export function parseBinding(entry: Record<string, unknown>): BindingSpec {
  const { schema, table, filter } = parseTarget(entry);
  const select = parseSelect(entry.select, schema === "*" || table === "*");
  return { event: parseEvent(entry.event), schema, table, filter: parseFilterText(filter), select };
}

function parseTarget(entry: Record<string, unknown>): { schema: string; table: string; filter?: string } {
  const { schema, table, filter } = entry;
  const [hasSchema, hasTable, hasFilter] = ["schema", "table", "filter"].map((key) =>
    Object.hasOwn(entry, key),
  );
  if (typeof schema === "string" && typeof table === "string") {
    if (!hasFilter) return { schema, table };
    if (typeof filter === "string") return { schema, table, filter };
  }
  if (typeof schema === "string" && !hasTable && !hasFilter) return { schema, table: "*" };
  if (typeof table === "string" && !hasSchema && !hasFilter) return { schema: "public", table };
  throw new BindingError(bindingTexts.noParams(entry));
}

function parseEvent(value: unknown): BindingSpec["event"] {
  const event = typeof value === "string" ? value.toUpperCase() : "*";
  return event === "INSERT" || event === "UPDATE" || event === "DELETE" ? event : "*";
}

function parseFilterText(filter: string | undefined): string | undefined {
  if (filter === undefined || filter.trim() === "") return undefined;
  try {
    parseFilter(filter);
  } catch (error) {
    if (error instanceof FilterError) throw new BindingError(error.message, { cause: error });
    throw error;
  }
  return filter;
}

/** Members that are not text are skipped; an empty list means all columns. */
function parseSelect(value: unknown, isWildcard: boolean): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new BindingError(bindingTexts.selectNotAList);
  const columns = value.filter((column) => typeof column === "string");
  if (columns.length === 0) return undefined;
  if (isWildcard) throw new BindingError(bindingTexts.selectOnWildcard);
  return columns;
}

/** Supabase's ids have 27 bits too. */
const ID_MAX = 0x7ff_ffff;

/**
 * A number per entry: equal for equal entries, whatever the order of their keys, different for different entries of
 * one join, and never 0, which clients take for "no id" (protocol 6.1).
 */
export function bindingIds(entries: readonly Record<string, unknown>[]): number[] {
  const owners = new Map<number, string>();
  return entries.map((entry) => {
    const text = canonicalJson(entry);
    let id = toId(text);
    while ((owners.get(id) ?? text) !== text) id = (id % ID_MAX) + 1;
    owners.set(id, text);
    return id;
  });
}

/** FNV-1a, folded to 27 bits. */
function toId(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> 27)) & ID_MAX || 1;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
