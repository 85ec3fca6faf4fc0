import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
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
const types = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: here("."), stdio: "inherit" });
process.exit(types.status ?? 1);
