// A lock made where a registry lacks some platform's binary silently omits it, and `npm ci` then fails elsewhere.
import { readFileSync } from "node:fs";

const { packages } = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"));
const locked = Object.keys(packages);
const missing = Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies)
    .filter((name) => !locked.some((entry) => entry.endsWith(`node_modules/${name}`)))
    .map((name) => `${owner || "the root"} wants ${name}, which has no lock entry`),
);
if (missing.length > 0) {
  console.error(missing.join("\n"));
  process.exitCode = 1;
}
