export interface Change {
  path: string;
  before: string | null;
  after: string | null;
}

/** What differs between two JSON texts, field by field; a side that is not there counts as empty. */
export function diffJson(before: string | null, after: string | null): Change[] {
  const left = flatten(before);
  const right = flatten(after);
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((path) => ({ path, before: left.get(path) ?? null, after: right.get(path) ?? null }))
    .filter((change) => change.before !== change.after);
}

function flatten(text: string | null): Map<string, string> {
  const leaves = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      leaves.set(path || "value", JSON.stringify(value));
      return;
    }
    for (const [key, child] of Object.entries(value)) walk(child, path === "" ? key : `${path}.${key}`);
  };
  if (text !== null) walk(JSON.parse(text), "");
  return leaves;
}
