/** Postgres' text forms of arrays and rows, taken apart. Both come from Postgres itself: they are well formed. */

export type ArrayItem = string | null | ArrayItem[];

/**
 * `{1,NULL,"a b"}`, nested for more dimensions; bounds such as `[0:2]=` say nothing about the elements.
 *
 * @param delimiter a comma for every type but `box`
 */
export function parseArrayLiteral(text: string, delimiter = ","): ArrayItem[] {
  const reader = new LiteralReader(text, text.indexOf("{"));
  return readArray(reader, delimiter);
}

function readArray(reader: LiteralReader, delimiter: string): ArrayItem[] {
  const items: ArrayItem[] = [];
  reader.skip();
  if (reader.peek() === "}") {
    reader.skip();
    return items;
  }
  do {
    if (reader.peek() === "{") items.push(readArray(reader, delimiter));
    else if (reader.peek() === '"') items.push(reader.quoted());
    else items.push(toBare(reader.until(delimiter, "}")));
  } while (reader.skip() === delimiter);
  return items;
}

function toBare(text: string): string | null {
  return text === "NULL" ? null : text;
}

/** `(1,"a ""b""",)`: fields in order; nothing between two commas is NULL. */
export function parseRowLiteral(text: string): (string | null)[] {
  const reader = new LiteralReader(text, 1);
  const fields: (string | null)[] = [];
  do {
    if (reader.peek() === '"') fields.push(reader.quoted());
    else fields.push(reader.until(",", ")") || null);
  } while (reader.skip() === ",");
  return fields;
}

class LiteralReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, from: number) {
    this.#text = text;
    this.#at = from;
  }

  peek(): string {
    return this.#text.charAt(this.#at);
  }

  /** Returns the character it passes; empty at the end. */
  skip(): string {
    return this.#text.charAt(this.#at++);
  }

  until(...ends: string[]): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !ends.includes(this.peek())) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** Both ways of escaping: a backslash before any character, a quote doubled. */
  quoted(): string {
    let value = "";
    this.skip();
    for (;;) {
      const char = this.skip();
      if (char === "\\") value += this.skip();
      else if (char === '"' && this.peek() === '"') value += this.skip();
      else if (char === '"' || char === "") return value;
      else value += char;
    }
  }
}
