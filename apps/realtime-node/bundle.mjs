import { readFile } from "node:fs/promises";

const { version } = JSON.parse(await readFile(new URL("package.json", import.meta.url), "utf8"));

/** Workspace packages are TypeScript source and go into the bundle; packages of the registry stay where npm put them. */
const externalPackages = {
  name: "external-packages",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point" || path.startsWith("@tidewire/")) return undefined;
      return { path, external: true };
    });
  },
};

/** How the worker is bundled; `npm run build` does it once, `npm run dev` at every change. */
export const bundle = {
  absWorkingDir: import.meta.dirname,
  entryPoints: ["src/main.ts"],
  outfile: "dist/main.js",
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  sourcemap: true,
  plugins: [externalPackages],
  define: { TIDEWIRE_VERSION: JSON.stringify(version) },
  logLevel: "warning",
};
