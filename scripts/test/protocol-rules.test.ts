import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXEMPTIONS = "## Rules without a test";

const protocol = readFileSync(`${ROOT}docs/protocol.md`, "utf8");
const [rulesText = "", exemptionsText = ""] = protocol.split(EXEMPTIONS);
const rules = new Set(numbersIn(rulesText, /^- \*\*([A-Z]\d+)\*\* /gm));
const exempt = numbersIn(exemptionsText, /^- ([A-Z]\d+): \S/gm);
const quoted = new Map<string, string>(
  testFiles().flatMap((file) =>
    titlesIn(readFileSync(ROOT + file, "utf8")).flatMap((title) =>
      numbersIn(title, /\[([A-Z]\d+)\]/g).map((rule): [string, string] => [rule, `${file}: ${title}`]),
    ),
  ),
);

test("every rule of docs/protocol.md is quoted by a test or says there why not", () => {
  expect([...rules].filter((rule) => !quoted.has(rule) && !exempt.includes(rule))).toEqual([]);
});

test("no rule that says why it has no test has one", () => {
  expect(exempt.filter((rule) => quoted.has(rule) || !rules.has(rule))).toEqual([]);
});

test("tests quote only rules that exist", () => {
  const letters = new Set(Array.from(rules, (rule) => rule.charAt(0)));
  const isPromise = (rule: string) => /^P[1-9]$/.test(rule);
  const unknown = [...quoted].filter(([rule]) => letters.has(rule.charAt(0)) && !rules.has(rule));
  expect(unknown.filter(([rule]) => !isPromise(rule))).toEqual([]);
});

function numbersIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, number]) => number ?? []);
}

/** String literals that begin with a rule, as titles do. */
function titlesIn(source: string): string[] {
  return [...source.matchAll(/["'`](\[[A-Z]\d+\] .*?)["'`]/g)].flatMap(([, title]) => title ?? []);
}

function testFiles(): string[] {
  const workspaces = ["apps", "packages"].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => join(parent, name)),
  );
  return workspaces
    .flatMap((workspace) => ["src", "test", "e2e"].map((folder) => join(workspace, folder)))
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((file) => /\.(test|spec|contract)\.tsx?$/.test(file));
}
