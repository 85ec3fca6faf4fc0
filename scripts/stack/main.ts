import { readFileSync } from "node:fs";
import path from "node:path";
import { say, withProgress } from "../prepare/progress.mjs";
import { ROOT } from "../prepare/run-step.mjs";
import { banner } from "./banner.ts";
import { seedControlPlane } from "./bootstrap.ts";
import { createControlDatabase, migrateControlDatabase } from "./control-database.ts";
import { rebuildNodes } from "./dev.ts";
import { openHome } from "./home.ts";
import { startNats } from "./nats.ts";
import { readyNodes, stopNodes } from "./nodes.ts";
import { supervisePostgres } from "./postgres.ts";
import { assertPortFree, stopProcess } from "./process.ts";
import { describeProjects } from "./projects.ts";
import { readLeftoverNodes, removeRunFile, writeRunFile } from "./run-file.ts";
import { readSettings, type Settings } from "./settings.ts";
import { stopRequested } from "./stop-request.ts";
import { NODE_MARK, startWeb, untilAnswers, webUrl } from "./web.ts";

const LEFTOVER_GRACE_MS = 2_000;
const WEB_GRACE_MS = 1_500;

/**
 * Brings the whole system up in the order of its dependencies, announces it, and keeps it running until it is asked to
 * stop; then takes everything down in the reverse order. Whatever fails on the way takes down what stands already.
 */
export async function runStack(options: { nodes: number; dev: boolean }): Promise<void> {
  const settings = readSettings(process.env, options);
  const stop = stopRequested();
  const undo: (() => unknown)[] = [];
  try {
    await bringUp(settings, undo, stop.isRequested);
    await stop.requested;
    say("Stopping …");
  } finally {
    for (const step of undo.reverse()) await step();
  }
  say("Stopped; the data stays.");
}

async function bringUp(
  settings: Settings,
  undo: (() => unknown)[],
  isStopping: () => boolean,
): Promise<void> {
  const home = openHome(settings.home);
  undo.push(home.release);
  for (const pid of readLeftoverNodes(home, say)) await stopProcess(pid, NODE_MARK, LEFTOVER_GRACE_MS);
  await assertPortFree(settings.webPort, "the dashboard", "TIDEWIRE_WEB_PORT");
  await assertPortFree(settings.nodePort, "the first realtime node", "TIDEWIRE_NODE_PORT");

  const embedded = settings.databaseUrl
    ? undefined
    : await withProgress("Starting Postgres", () => supervisePostgres(home, settings.postgresPort, say));
  if (embedded) undo.push(() => embedded.stop());
  const database = settings.databaseUrl ?? (await createControlDatabase((name) => embedded?.url(name) ?? ""));
  const managedServer = settings.databaseUrl ?? embedded?.url() ?? "";
  const nodeDatabase = await withProgress("Migrating the control database", () =>
    migrateControlDatabase(database, home.secrets.nodeDatabasePassword),
  );

  const nats = settings.nodes > 1 && !settings.natsUrl ? startNats(home, settings.nodePort, say) : undefined;
  if (nats) undo.push(() => nats.stop());

  const admin = {
    email: settings.adminEmail,
    password: settings.adminPassword ?? home.secrets.adminPassword,
  };
  await withProgress("Preparing the first sign-in and project", () =>
    seedControlPlane({ settings, home, admin, database, managedServer, say }),
  );

  undo.push(() => stopNodes(database, NODE_MARK));
  if (settings.dev) undo.push(await rebuildNodes(database, say));
  const web = startWeb(
    settings,
    home,
    { database, nodeDatabase, managedServer, nats: nats?.url ?? settings.natsUrl },
    say,
  );
  undo.push(() => web.stop(WEB_GRACE_MS));
  await withProgress("Starting the dashboard", () =>
    untilAnswers(`${webUrl(settings)}/api/health`, "the dashboard", isStopping),
  );
  const nodes = await withProgress("Starting realtime nodes", () =>
    readyNodes(database, settings.nodes, isStopping),
  );
  for (const node of nodes) await untilAnswers(`${node.url}/readyz`, `node ${node.id}`, isStopping);

  const run = {
    version: 1 as const,
    productVersion: productVersion(),
    pid: process.pid,
    webUrl: webUrl(settings),
    admin,
    controlDatabaseUrl: database,
    nodes,
    projects: await describeProjects({ database, managedServer, home, nodes }),
  };
  writeRunFile(home, run);
  undo.push(() => removeRunFile(home));
  say(banner(run));
}

function productVersion(): string {
  return JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).version;
}
