import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { bundle } from "./bundle.mjs";

// Renamed into place, so that a node that starts meanwhile reads the old file or the new one, whole.
const { outputFiles } = await build({ ...bundle, write: false });
for (const { path: file, contents } of outputFiles) {
  const written = `${file}.${process.pid}`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(written, contents);
  await rename(written, file);
}
