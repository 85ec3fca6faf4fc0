// `next build` leaves out of the standalone server what a CDN might serve. There is none here: the server serves all.
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const app = join(import.meta.dirname, "..");
const standalone = join(app, ".next/standalone");
const target = join(standalone, "apps/web");
if (!existsSync(join(target, "server.js"))) throw new Error(`no standalone server in ${target}`);

cpSync(join(app, ".next/static"), join(target, ".next/static"), { recursive: true });
if (existsSync(join(app, "public"))) cpSync(join(app, "public"), join(target, "public"), { recursive: true });

// The tracer takes paths that are joined at run time for files of the source tree.
rmSync(join(target, "src"), { recursive: true, force: true });

// Next copies .env files along; settings come from the environment, and secrets do not belong into an artifact.
for (const dir of [standalone, target]) {
  for (const name of readdirSync(dir)) if (name.startsWith(".env")) rmSync(join(dir, name));
}
