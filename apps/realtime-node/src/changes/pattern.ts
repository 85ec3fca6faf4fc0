/** Patterns of LIKE and of POSIX regular expressions that mean the same in JavaScript; null: ask Postgres. */

type Test = (text: string) => boolean;

const ASCII = /^[\p{ASCII}]*$/u;
const SPECIAL = /[\\^$.*+?()[\]{}|]/g;

/** `%` any text, `_` one character, `\` takes the next one literally. */
export function compileLike(pattern: string): Test | null {
  const source = likeSource(pattern);
  if (source === null) return null;
  const regExp = new RegExp(`^(?:${source})$`, "su");
  return (text) => regExp.test(text);
}

/** Only the letters that have the same other case in every locale are compared here; the test says null for others. */
export function compileIlike(pattern: string): ((text: string) => boolean | null) | null {
  if (!ASCII.test(pattern)) return null;
  const test = compileLike(pattern.toLowerCase());
  return test && ((text) => (ASCII.test(text) ? test(text.toLowerCase()) : null));
}

function likeSource(pattern: string): string | null {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === "%") source += ".*";
    else if (char === "_") source += ".";
    else if (char === "\\") {
      at++;
      if (at === pattern.length) return null;
      source += pattern.charAt(at).replace(SPECIAL, "\\$&");
    } else source += char.replace(SPECIAL, "\\$&");
  }
  return source;
}

/** Letters, digits, `.`, one quantifier each, both anchors. Everything else is read differently by one of the two. */
const COMMON = /^\^?(?:[\w ,;:@#%&=<>!'"/~.-][*+?]?)*\$?$/;

export function compileRegExp(pattern: string): Test | null {
  if (!COMMON.test(pattern)) return null;
  const regExp = new RegExp(pattern, "su");
  return (text) => regExp.test(text);
}
