import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string) => readFileSync(ROOT + file, "utf8");
const namesIn = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);

const listed = new Set(namesIn(read(".env.example"), /^#?([A-Z][A-Z0-9_]*)=/gm));
const compose = read("docker/compose.yml");

/** Keys of a zod object, and variables read by their name. */
const VARIABLE = /^ {2}([A-Z][A-Z0-9_]+): |\benv\.([A-Z][A-Z0-9_]+)\b/gm;
const variablesOf = (file: string) =>
  new Set([...read(file).matchAll(VARIABLE)].flatMap(([, key, property]) => key ?? property ?? []));

test.each([
  "apps/realtime-node/src/env.ts",
  "apps/web/src/server/env.ts",
  "scripts/stack/settings.ts",
  "scripts/setup/settings.ts",
])(".env.example lists every variable that %s reads", (file) => {
  const read = variablesOf(file);
  expect(read.size).toBeGreaterThan(2);
  expect([...read].filter((name) => !listed.has(name))).toEqual([]);
});

test("docker/env.example lists every variable that the containers take from outside", () => {
  const known = new Set(namesIn(read("docker/env.example"), /^#?([A-Z][A-Z0-9_]*)=/gm));
  expect(namesIn(compose, /\$\{([A-Z][A-Z0-9_]*)/g).filter((name) => !known.has(name))).toEqual([]);
});

test("the containers are told nothing that nobody reads", () => {
  const told = namesIn(compose, /^ {2,6}(?:- )?((?:TIDEWIRE|API|METRICS|NATS|BETTER)_[A-Z0-9_]+): /gm);
  expect(told).toContain("TIDEWIRE_CONTROL_URL");
  expect(told.filter((name) => !listed.has(name))).toEqual([]);
});
