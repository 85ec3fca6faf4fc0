interface Row<T> {
  tokens: readonly string[];
  value: T;
}

/** Who listens to what. Exact subjects are found by one map lookup; patterns, of which a node has few, by a scan. */
export class SubjectTable<T> {
  readonly #exact = new Map<string, Set<T>>();
  readonly #patterns = new Set<Row<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns a function that takes the entry out again; calling it twice is harmless */
  add(subject: string, value: T): () => void {
    const tokens = parseSubject(subject, { wildcards: true });
    this.#size++;
    return tokens.some(isWildcard) ? this.#addPattern({ tokens, value }) : this.#addExact(subject, value);
  }

  match(subject: string): T[] {
    const found = [...(this.#exact.get(subject) ?? [])];
    if (this.#patterns.size === 0) return found;
    const tokens = subject.split(".");
    for (const row of this.#patterns) if (matches(row.tokens, tokens)) found.push(row.value);
    return found;
  }

  some(subject: string, test: (value: T) => boolean): boolean {
    for (const value of this.#exact.get(subject) ?? []) if (test(value)) return true;
    if (this.#patterns.size === 0) return false;
    const tokens = subject.split(".");
    for (const row of this.#patterns) if (test(row.value) && matches(row.tokens, tokens)) return true;
    return false;
  }

  #addExact(subject: string, value: T): () => void {
    const values = this.#exact.get(subject) ?? new Set<T>();
    this.#exact.set(subject, values.add(value));
    return () => {
      if (!values.delete(value)) return;
      this.#size--;
      if (values.size === 0) this.#exact.delete(subject);
    };
  }

  #addPattern(row: Row<T>): () => void {
    this.#patterns.add(row);
    return () => {
      if (this.#patterns.delete(row)) this.#size--;
    };
  }
}

/**
 * NATS' own rules, held on every bus so that a subject that works on one works on the other.
 *
 * @throws RangeError
 */
export function parseSubject(subject: string, { wildcards }: { wildcards: boolean }): string[] {
  const tokens = subject.split(".");
  for (const [index, token] of tokens.entries()) {
    if (token === "" || /[\s]/.test(token)) throw new RangeError(`not a subject: ${JSON.stringify(subject)}`);
    if (!/[*>]/.test(token)) continue;
    const allowed = wildcards && (token === "*" || (token === ">" && index === tokens.length - 1));
    if (!allowed) throw new RangeError(`wildcard not allowed here: ${JSON.stringify(subject)}`);
  }
  return tokens;
}

function isWildcard(token: string): boolean {
  return token === "*" || token === ">";
}

function matches(pattern: readonly string[], tokens: readonly string[]): boolean {
  for (const [index, expected] of pattern.entries()) {
    if (expected === ">") return tokens.length > index;
    if (index >= tokens.length) return false;
    if (expected !== "*" && expected !== tokens[index]) return false;
  }
  return tokens.length === pattern.length;
}
