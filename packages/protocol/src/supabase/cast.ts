/**
 * Lenient reading of a join's fields: a field of the wrong type does not fail the join, it falls back to its default
 * and is named in the log (protocol 3.2).
 */
export class Casting {
  /** Paths of the fields that fell back. */
  readonly invalid: string[] = [];

  /** Booleans, or the words true and false in any letter case. */
  boolean(value: unknown, path: string): boolean {
    if (typeof value === "boolean") return value;
    if (value === undefined || value === null) return false;
    const word = typeof value === "string" ? value.toLowerCase() : "";
    if (word === "true" || word === "false") return word === "true";
    this.invalid.push(path);
    return false;
  }

  integer(value: unknown, path: string): number | undefined {
    if (Number.isSafeInteger(value)) return value as number;
    if (value !== undefined && value !== null) this.invalid.push(path);
    return undefined;
  }

  /** An object; anything else counts as empty. */
  object(value: unknown, path: string): Record<string, unknown> {
    if (isObject(value)) return value;
    if (value !== undefined && value !== null) this.invalid.push(path);
    return {};
  }

  /** A list of objects without its null members; anything else counts as empty. */
  objects(value: unknown, path: string): Record<string, unknown>[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) {
      const members = value.filter((member) => member !== null);
      if (members.every(isObject)) return members;
    }
    this.invalid.push(path);
    return [];
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
