// node docker/bundle-setup.mjs <file>: the setup job as one file that needs nothing but Node, so that it fits beside the
// dashboard in its image.
import path from "node:path";
import { build } from "esbuild";

const [outfile] = process.argv.slice(2);
if (outfile === undefined) throw new Error("usage: node docker/bundle-setup.mjs <file>");

await build({
  absWorkingDir: path.join(import.meta.dirname, ".."),
  entryPoints: ["scripts/setup.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  external: ["pg-native"],
  // CommonJS packages inside the bundle go on calling `require` for Node's own modules.
  banner: {
    js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
