import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Docs shorten a path to what follows one of these, and leave out its ending. */
const BELOW = [
  ".",
  "apps/realtime-node",
  "apps/realtime-node/src",
  "apps/web/src",
  "packages/db",
  "scripts",
  "bench",
];
const ENDINGS = ["", ".ts", ".tsx"];
/** Media types, images of containers, and what is made in the checkout rather than kept in it. */
const NO_PATH = /^(application|tidewire|\.tidewire|dist)\/|^docker\/\.env$/;

const documents = [
  ...["README.md", "CONTRIBUTING.md", "packages/client/README.md"],
  ...markdownIn("docs"),
  ...markdownIn("docs/decisions"),
].map((file): [string, string] => [file, readFileSync(join(ROOT, file), "utf8")]);

test.each(documents)("every path that %s names is there", (_, text) => {
  const missing = matches(text, /`([\w.-]+\/[\w./<>-]*)`/g)
    .filter((name) => !NO_PATH.test(name))
    .filter((name) => !isThere(name.replace(/\/?<.*$/, "")));
  expect(missing).toEqual([]);
});

test.each(documents)("every page that %s links to is there", (file, text) => {
  const links = matches(text, /\]\(([^)\s#]+)/g).filter((link) => !/^[a-z]+:/.test(link));
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(file), link)))).toEqual([]);
});

test.each(documents)("every script that %s names can be run", (_, text) => {
  const known = new Set(
    ["", "bench", "packages/client", "packages/db"].flatMap((folder) =>
      Object.keys(JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")).scripts),
    ),
  );
  expect(matches(text, /npm run ([\w:-]+)/g).filter((name) => !known.has(name))).toEqual([]);
});

function isThere(name: string): boolean {
  return BELOW.some((folder) => ENDINGS.some((ending) => existsSync(join(ROOT, folder, name + ending))));
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, found]) => found ?? []);
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}
