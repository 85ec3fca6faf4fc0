import { readFileSync } from "node:fs";
import path from "node:path";
import { type BootstrapRegion, bootstrap } from "../../apps/web/src/server/services/bootstrap/bootstrap.ts";
import { describeProjects } from "../../apps/web/src/server/services/bootstrap/describe-projects.ts";
import { say, withProgress } from "../prepare/progress.mjs";
import { ROOT } from "../prepare/run-step.mjs";
import { banner } from "./banner.ts";
import { createControlDatabase, migrateControlDatabase } from "./control-database.ts";
import { rebuildNodes } from "./dev.ts";
import { openHome } from "./home.ts";
import { startNats } from "./nats.ts";
import { readyNodes, stopNodes } from "./nodes.ts";
import { supervisePostgres } from "./postgres.ts";
import { assertPortFree, stopProcess } from "./process.ts";
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

  const { secrets } = home;
  const admin = { email: settings.adminEmail, password: settings.adminPassword ?? secrets.adminPassword };
  await withProgress("Preparing the first sign-in and project", async () => {
    const { secretKeys } = await bootstrap({
      databaseUrl: database,
      managedUrl: managedServer,
      secretsKey: secrets.secretsKey,
      authSecret: secrets.authSecret,
      admin,
      regions: localRegions(settings.nodes),
      onlyTheseRegions: true,
      seedFile: settings.seedFile,
      say: (line) => say(`  ${line}`),
    });
    Object.assign(secrets.projectSecretKeys, secretKeys);
    home.saveSecrets();
  });

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

  const describeRunProjects = async () => {
    const nodeUrlOf = (region: string) =>
      (nodes.find((node) => node.region === region) ?? nodes[0])?.url ?? "";
    const access = {
      databaseUrl: database,
      managedUrl: managedServer,
      secretsKey: secrets.secretsKey,
      nodeUrlOf,
    };
    const projects = await describeProjects(access);
    return projects.map((project) => ({
      ...project,
      secretKey: secrets.projectSecretKeys[project.ref] ?? null,
    }));
  };
  const run = {
    version: 1 as const,
    productVersion: productVersion(),
    pid: process.pid,
    webUrl: webUrl(settings),
    admin,
    controlDatabaseUrl: database,
    nodes,
    projects: await describeRunProjects(),
  };
  writeRunFile(home, run);
  undo.push(() => removeRunFile(home));
  say(banner(run));
}

/** One region a node: what a cluster looks like, on one machine. */
function localRegions(nodes: number): [BootstrapRegion, ...BootstrapRegion[]] {
  const region = (number: number) => ({ id: `local-${number}`, name: `Local ${number}`, nodes: 1 });
  return [region(1), ...Array.from({ length: nodes - 1 }, (_, index) => region(index + 2))];
}

function productVersion(): string {
  return JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).version;
}
