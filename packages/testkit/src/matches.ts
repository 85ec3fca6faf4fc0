/** What a test says about a value: the parts it cares about, or a question. Objects match when all named fields match. */
export type Expectation = unknown | ((actual: never) => boolean);

/** Whether `actual` has everything that `expected` names. Arrays and bytes must be equal in length. */
export function matches(actual: unknown, expected: Expectation): boolean {
  if (typeof expected === "function") return (expected as (actual: unknown) => boolean)(actual);
  if (expected instanceof RegExp) return typeof actual === "string" && expected.test(actual);
  if (expected instanceof Uint8Array) {
    return actual instanceof Uint8Array && Buffer.from(actual).equals(expected);
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => matches(actual[index], item))
    );
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) return false;
    const fields = new Map(Object.entries(actual));
    return Object.entries(expected).every(([name, part]) => matches(fields.get(name), part));
  }
  return Object.is(actual, expected);
}
