/** Reading the expressions of policies, as Postgres writes them back. Text that is not understood stays as it is. */

const STRING = /('(?:[^']|'')*')/;
const CAST =
  /::(?:character varying|timestamp with(?:out)? time zone|double precision|(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)(?:\(\d+\))?(?:\[\])?/g;
/** `( SELECT auth.uid() AS uid)` keeps Postgres from calling the function once per row, and means the function. */
const WRAPPED = /\(\s*SELECT\s+((?:auth|realtime)\.\w+\(\))(?:\s+AS\s+\w+)?\s*\)/gi;

/** Without casts, wrapped helpers, needless blanks and the brackets around the whole. */
export function simplify(expression: string): string {
  const bare = outsideStrings(expression, (text) => text.replace(CAST, "").replace(/\s+/g, " "));
  const plain = bare.replace(WRAPPED, "$1");
  return unwrap(settle(plain));
}

/** Terms of which every one must hold. OR binds less than AND, so where it stands at the top the whole is one term. */
export function conjuncts(expression: string): string[] {
  const whole = unwrap(expression);
  if (splitAtTop(whole, " OR ").length > 1) return [whole];
  const parts = splitAtTop(whole, " AND ");
  return parts.length === 1 ? [whole] : parts.flatMap(conjuncts);
}

/** The operands of a chain of `||`. */
export function concatenated(expression: string): string[] {
  const whole = unwrap(expression);
  const parts = splitAtTop(whole, " || ");
  return parts.length === 1 ? [whole] : parts.flatMap(concatenated);
}

/** What a string literal says; undefined for anything else. */
export function literalOf(text: string): string | undefined {
  const [, body] = /^'((?:[^']|'')*)'$/.exec(unwrap(text)) ?? [];
  return body?.replaceAll("''", "'");
}

/** Strings of `ARRAY['a', 'b']`, or undefined. */
export function literalsOf(text: string): string[] | undefined {
  const [, list] = /^ARRAY\[(.*)\]$/.exec(unwrap(text)) ?? [];
  if (list === undefined) return undefined;
  const values = splitAtTop(list, ", ").map(literalOf);
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** Without the brackets that enclose all of it. */
export function unwrap(text: string): string {
  let inner = text.trim();
  while (inner.startsWith("(") && closingOf(inner) === inner.length - 1) inner = inner.slice(1, -1).trim();
  return inner;
}

/** Brackets around one operand mean nothing: `(auth.uid())`, `('a')`. */
function settle(text: string): string {
  const next = text.replace(/(^|[^\w])\(((?:auth|realtime)\.\w+\(\)|'(?:[^']|'')*'|"?\w+"?)\)/g, "$1$2");
  return next === text ? text : settle(next);
}

function closingOf(text: string): number {
  let depth = 0;
  for (const { at, character } of walk(text)) {
    if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return at;
  }
  return -1;
}

function splitAtTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { at, character } of walk(text)) {
    if (character === "(" || character === "[") depth++;
    else if (character === ")" || character === "]") depth--;
    else if (depth === 0 && at >= from && text.startsWith(separator, at)) {
      parts.push(text.slice(from, at));
      from = at + separator.length;
    }
  }
  return [...parts, text.slice(from)].map((part) => part.trim());
}

/** Characters that are no part of a string or a quoted name. */
function* walk(text: string): Generator<{ at: number; character: string }> {
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === "'" || character === '"') quote = character;
    else yield { at, character };
  }
}

function outsideStrings(text: string, change: (part: string) => string): string {
  return text
    .split(STRING)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join("");
}
