// node docker/collect-modules.mjs <workspace> <folder>: copies the packages of the registry that a bundled workspace
// names, and what these depend on. `npm ci --omit=dev` would bring everything that the workspace packages inside the
// bundle name as well: 350 MB, most of it Prisma's.
import { cpSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";

const [workspace, target] = process.argv.slice(2);
if (target === undefined) throw new Error("usage: node docker/collect-modules.mjs <workspace> <folder>");

const MODULES = `${path.sep}node_modules${path.sep}`;
const root = path.join(import.meta.dirname, "..");
/** @type {Set<string>} */
const collected = new Set();
for (const name of Object.keys(readManifest(path.resolve(workspace)).dependencies ?? {})) {
  if (!name.startsWith("@tidewire/")) collect(name, path.resolve(workspace));
}
console.log(`${collected.size} packages in ${target}`);

/**
 * @param {string} name
 * @param {string} from the folder of the package that needs it
 * @param {boolean} isOptional not being there is fine: binaries of another platform
 */
function collect(name, from, isOptional = false) {
  const folder = locate(name, from);
  if (folder === undefined) {
    if (isOptional) return;
    throw new Error(`${name}, needed by ${from}, is not installed`);
  }
  if (collected.has(folder)) return;
  collected.add(folder);
  const nested = path.join(folder, "node_modules");
  const place = path.join(target, folder.slice(folder.indexOf(MODULES, root.length) + MODULES.length));
  if (existsSync(place)) throw new Error(`${folder} and another version of it want the same place`);
  cpSync(folder, place, { recursive: true, filter: (source) => source !== nested });
  const { dependencies = {}, optionalDependencies = {} } = readManifest(folder);
  for (const needed of Object.keys(dependencies)) collect(needed, folder, needed in optionalDependencies);
  for (const needed of Object.keys(optionalDependencies)) collect(needed, folder, true);
}

/**
 * As Node does: the nearest node_modules on the way up.
 *
 * @param {string} name
 * @param {string} from
 * @returns {string | undefined}
 */
function locate(name, from) {
  for (let folder = from; folder.startsWith(root); folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

/** @param {string} folder */
function readManifest(folder) {
  return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
}
