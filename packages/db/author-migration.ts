/**
 * Writes the next migration from the difference between the schema of the last migration and `prisma/schema.prisma`:
 * `npm run migration -- <name>`, or `-- --check`, which exits with 1 when a migration is missing.
 *
 * Prisma's own `migrate dev` downloads a native engine; this runs the same engine as WebAssembly, without network.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { startPostgres } from "./src/embedded/postgres-server.ts";

/** The repository has no DOM types, which is where TypeScript keeps this one. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

const prismaFolder = path.join(path.dirname(fileURLToPath(import.meta.url)), "prisma");
const schemaFile = path.join(prismaFolder, "schema.prisma");
const migrationsFolder = path.join(prismaFolder, "migrations");

const [argument] = process.argv.slice(2);
if (!argument) throw new Error("usage: author-migration <name> | --check");

const sql = await difference(lastSchema(), readFileSync(schemaFile, "utf8"));
if (argument === "--check") {
  if (sql) console.error(`prisma/schema.prisma is ahead of its migrations:\n${sql}`);
  process.exitCode = sql ? 1 : 0;
} else if (!sql) {
  console.log("nothing changed");
} else {
  const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const folder = path.join(migrationsFolder, `${stamp}_${argument}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "migration.sql"), sql);
  cpSync(schemaFile, path.join(folder, "schema.prisma"));
  writeFileSync(path.join(migrationsFolder, "migration_lock.toml"), 'provider = "postgresql"\n');
  console.log(path.relative(process.cwd(), folder));
}

/** Each generated migration keeps the schema it leads to; hand-written ones have none. */
function lastSchema(): string | undefined {
  if (!existsSync(migrationsFolder)) return undefined;
  const kept = readdirSync(migrationsFolder)
    .map((name) => path.join(migrationsFolder, name, "schema.prisma"))
    .filter((file) => existsSync(file))
    .sort()
    .at(-1);
  return kept && readFileSync(kept, "utf8");
}

async function difference(from: string | undefined, to: string): Promise<string> {
  // The engine insists on a reachable server, though comparing two files asks it nothing.
  const folder = mkdtempSync(path.join(tmpdir(), "tidewire-migration-"));
  chmodSync(folder, 0o755);
  const server = await startPostgres({
    dataDir: path.join(folder, "data"),
    port: 20_000 + (process.pid % 30_000),
  });
  try {
    const engine = await createEngine(to, server.url());
    const file = (content: string) => ({ path: schemaFile, content });
    const { stdout } = await engine.diff({
      from: from === undefined ? { tag: "empty" } : { tag: "schemaDatamodel", files: [file(from)] },
      to: { tag: "schemaDatamodel", files: [file(to)] },
      script: true,
      exitCode: true,
      shadowDatabaseUrl: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return stdout?.includes("This is an empty migration") ? "" : (stdout ?? "");
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The package's entry wants ESM imports of WebAssembly, which Node 20 has not; so the module is put together by hand. */
async function createEngine(schema: string, url: string) {
  const file = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const glue = await import(pathToFileURL(file).href);
  const wasm = new WebAssembly.Module(readFileSync(file.replace(/\.js$/, ".wasm")));
  const { exports } = new WebAssembly.Instance(wasm, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(exports);
  if (typeof exports.__wbindgen_start === "function") exports.__wbindgen_start();
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url }));
  return glue.SchemaEngine.new({ datamodels: [[schemaFile, schema]] }, () => undefined, adapter);
}
