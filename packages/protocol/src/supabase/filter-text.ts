import { inspectTerm } from "./inspect-term.ts";

/** A filter that cannot be read; the message is what the client is sent (protocol 3.12, 6.2). */
export class FilterError extends Error {
  override readonly name = "FilterError";

  constructor(detail: string) {
    super(`Error parsing \`filter\` params: ${detail}`);
  }
}

/** The parts that were found where others were expected, as Supabase shows them. */
export function unexpectedParts(parts: readonly string[]): FilterError {
  return new FilterError(inspectTerm(parts));
}

/**
 * Splits on commas outside quotes and parentheses. A `"` opens quoting only right after `.`, `(` or `,`; inside
 * quotes `\` escapes one character.
 */
export function splitSegments(text: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = ".(,".includes(text.charAt(at - 1));
    else if (char === "(") depth++;
    else if (char === ")") depth = Math.max(0, depth - 1);
    else if (char === "," && depth === 0) {
      segments.push(text.slice(start, at));
      start = at + 1;
    }
  }
  segments.push(text.slice(start));
  return segments;
}

/** A fully double-quoted value without its quotes and escapes; any other value as it is. */
export function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return withoutEscapes(value.slice(1, -1));
}

/** At most `parts` pieces: the last one keeps further separators. */
export function splitInto(parts: number, text: string, separator: string): string[] {
  const pieces = text.split(separator);
  if (pieces.length <= parts) return pieces;
  return [...pieces.slice(0, parts - 1), pieces.slice(parts - 1).join(separator)];
}

// Alternatives that cannot match the same character: the time to match stays proportional to the text.
const QUOTED_ELEMENT = /^"((?:[^"\\]|\\.)*)"$/s;
const BARE_ELEMENT = /^(?:[^"\\]|\\.)+$/s;

/**
 * The elements of the array literal `{inner}`; a bare NULL is null.
 * @throws FilterError when Postgres would call the literal malformed
 */
export function parseArrayElements(inner: string): (string | null)[] {
  if (inner.trim() === "") return [];
  return splitElements(inner).map((text) => {
    const element = text.trim();
    const quoted = QUOTED_ELEMENT.exec(element)?.[1];
    if (quoted !== undefined) return withoutEscapes(quoted);
    if (!BARE_ELEMENT.test(element)) throw new FilterError(`malformed array literal: "{${inner}}"`);
    return toBareElement(element);
  });
}

/** Splits on commas outside quotes; `\` escapes one character anywhere. */
function splitElements(text: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (char === "," && !quoted) {
      elements.push(text.slice(start, at));
      start = at + 1;
    }
  }
  elements.push(text.slice(start));
  return elements;
}

function toBareElement(text: string): string | null {
  return text.toUpperCase() === "NULL" ? null : withoutEscapes(text);
}

/** Each `\x` as `x`. */
export function withoutEscapes(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}
