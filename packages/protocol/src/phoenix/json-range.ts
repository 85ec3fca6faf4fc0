/**
 * Finds values inside JSON text without parsing them, so that a relay passes on exactly what was written: digits
 * beyond 2^53, key order, escapes. Every function requires text that `JSON.parse` has accepted; on other text the
 * ranges mean nothing, but every scan ends.
 */

export interface Range {
  start: number;
  /** Index behind the last character. */
  end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (isSpace(json.charCodeAt(at))) at++;
  return at;
}

/** @returns the index behind the closing quote */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return json.length;
}

function endOfContainer(json: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(json, at);
      continue;
    }
    at++;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at;
  }
  return json.length;
}

/** @param start index of the value's first character */
export function endOfValue(json: string, start: number): number {
  const first = json.charCodeAt(start);
  if (first === QUOTE) return endOfString(json, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfContainer(json, start);
  let at = start;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE || isSpace(code)) break;
    at++;
  }
  return at;
}

/** The element at `index` of the array that is `json`. */
export function elementRange(json: string, index: number): Range {
  let start = skipSpace(json, skipSpace(json, 0) + 1);
  for (let passed = 0; passed < index; passed++) {
    start = skipSpace(json, skipSpace(json, endOfValue(json, start)) + 1);
  }
  return { start, end: endOfValue(json, start) };
}

/** Every element of the array that is `json`, in order. */
export function elementTexts(json: string): string[] {
  const texts: string[] = [];
  let at = skipSpace(json, skipSpace(json, 0) + 1);
  while (at < json.length && json.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = endOfValue(json, at);
    if (end === at) break;
    texts.push(json.slice(at, end));
    at = skipSpace(json, end);
    if (json.charCodeAt(at) === COMMA) at = skipSpace(json, at + 1);
  }
  return texts;
}

/** The member `key` of the object that is `json`; of repeated keys the last one, as `JSON.parse` takes it. */
export function memberRange(json: string, key: string): Range | undefined {
  let found: Range | undefined;
  let at = skipSpace(json, skipSpace(json, 0) + 1);
  while (json.charCodeAt(at) === QUOTE) {
    const keyEnd = endOfString(json, at);
    const isKey = JSON.parse(json.slice(at, keyEnd)) === key;
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    if (isKey) found = { start, end };
    at = skipSpace(json, end);
    if (json.charCodeAt(at) === COMMA) at = skipSpace(json, at + 1);
  }
  return found;
}

/** True when the JSON text `json` is an object, not a list or a scalar. */
export function isObjectJson(json: string): boolean {
  return json.charCodeAt(skipSpace(json, 0)) === OPEN_BRACE;
}

/** `json`, an object, with one more member at its end. A member of the same name before it loses: parsers take the last. */
export function withMember(json: string, key: string, valueJson: string): string {
  const open = skipSpace(json, 0);
  const close = json.lastIndexOf("}");
  const isEmpty = skipSpace(json, open + 1) === close;
  return `${json.slice(0, close)}${isEmpty ? "" : ","}${JSON.stringify(key)}:${valueJson}}`;
}
