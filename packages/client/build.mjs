import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });
await build({
  entryPoints: [here("src/index.ts")],
  outfile: here("dist/index.js"),
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  packages: "external",
  sourcemap: true,
});
const { name, version, description, license, dependencies } = JSON.parse(
  readFileSync(here("package.json"), "utf8"),
);
const exports = { ".": { types: "./index.d.ts", default: "./index.js" } };
const manifest = {
  name,
  version,
  description,
  license,
  type: "module",
  sideEffects: false,
  exports,
  dependencies,
};
writeFileSync(here("dist/package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(here("README.md"), here("dist/README.md"));
const types = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: here("."), stdio: "inherit" });
process.exit(types.status ?? 1);
