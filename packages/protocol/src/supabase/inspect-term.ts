/**
 * JSON values as Elixir's `inspect` writes them, because some messages of Supabase Realtime quote values so and
 * clients compare the text (protocol 3.12, 6.2).
 */

/** Elixir cuts collections there. */
const ELEMENTS_MAX = 50;

export function inspectTerm(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "string") return inspectText(value);
  if (Array.isArray(value)) return `[${inspectAll(value, inspectTerm)}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `%{${inspectAll(entries, ([key, member]) => `${inspectText(key)} => ${inspectTerm(member)}`)}}`;
  }
  return String(value);
}

function inspectAll<T>(elements: readonly T[], inspectOne: (element: T) => string): string {
  const shown = elements.slice(0, ELEMENTS_MAX).map(inspectOne);
  if (elements.length > ELEMENTS_MAX) shown.push("...");
  return shown.join(", ");
}

const ESCAPES: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "#{": "\\#{",
};

export function inspectText(text: string): string {
  return `"${text.replace(/["\\\n\r\t]|#\{/g, (found) => ESCAPES[found] ?? found)}"`;
}
