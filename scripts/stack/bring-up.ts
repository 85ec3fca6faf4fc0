import { say, withProgress } from "../prepare/progress.mjs";
import { banner } from "./banner.ts";
import { createControlDatabase, migrateControlDatabase } from "./control-database.ts";
import { describeRun } from "./describe-run.ts";
import { rebuildNodes } from "./dev.ts";
import { firstProject } from "./first-project.ts";
import { type Home, openHome } from "./home.ts";
import { startNats } from "./nats.ts";
import { readyNodes, stopNodes } from "./nodes.ts";
import { supervisePostgres } from "./postgres.ts";
import { assertPortFree, stopProcess } from "./process.ts";
import { type RunFile, readLeftoverNodes, removeRunFile, writeRunFile } from "./run-file.ts";
import type { Settings } from "./settings.ts";
import { NODE_MARK, startWeb, untilAnswers, type WebUrls, webUrl } from "./web.ts";

const LEFTOVER_GRACE_MS = 2_000;
const WEB_GRACE_MS = 1_500;

interface Ascent {
  settings: Settings;
  /** How to take down what stands, in the order in which it was brought up. */
  undo: (() => unknown)[];
  isStopping(): boolean;
}

/** Each part after those it depends on; returns when everything answers and `run.json` says so. */
export async function bringUp(ascent: Ascent): Promise<void> {
  const { settings, undo } = ascent;
  const home = openHome(settings.home);
  undo.push(home.release);
  await clearTheWay(settings, home);
  const urls = await bringUpDatabases(ascent, home);
  await withProgress("Preparing the first sign-in and project", () => firstProject(settings, home, urls));
  const nodes = await bringUpPrograms(ascent, home, urls);

  const run = await describeRun(settings, home, { urls, nodes });
  writeRunFile(home, run);
  undo.push(() => removeRunFile(home));
  say(banner(run));
}

async function clearTheWay(settings: Settings, home: Home): Promise<void> {
  for (const pid of readLeftoverNodes(home, say)) await stopProcess(pid, NODE_MARK, LEFTOVER_GRACE_MS);
  await assertPortFree(settings.webPort, "the dashboard", "TIDEWIRE_WEB_PORT");
  await assertPortFree(settings.nodePort, "the first realtime node", "TIDEWIRE_NODE_PORT");
}

async function bringUpDatabases({ settings, undo }: Ascent, home: Home): Promise<WebUrls> {
  const embedded = settings.databaseUrl
    ? undefined
    : await withProgress("Starting Postgres", () => supervisePostgres(home, settings.postgresPort, say));
  if (embedded) undo.push(() => embedded.stop());
  const database = settings.databaseUrl ?? (await createControlDatabase((name) => embedded?.url(name) ?? ""));
  const nodeDatabase = await withProgress("Migrating the control database", () =>
    migrateControlDatabase(database, home.secrets.nodeDatabasePassword),
  );
  const nats = settings.nodes > 1 && !settings.natsUrl ? startNats(home, settings.nodePort, say) : undefined;
  if (nats) undo.push(() => nats.stop());
  return {
    database,
    nodeDatabase,
    managedServer: settings.databaseUrl ?? embedded?.url() ?? "",
    nats: nats?.url ?? settings.natsUrl,
  };
}

/** The dashboard, and by its reconciler the nodes. */
async function bringUpPrograms(
  { settings, undo, isStopping }: Ascent,
  home: Home,
  urls: WebUrls,
): Promise<RunFile["nodes"]> {
  undo.push(() => stopNodes(urls.database, NODE_MARK));
  if (settings.dev) undo.push(await rebuildNodes(urls.database, say));
  const web = startWeb(settings, home, urls, say);
  undo.push(() => web.stop(WEB_GRACE_MS));
  await withProgress("Starting the dashboard", () =>
    untilAnswers(`${webUrl(settings)}/api/health`, "the dashboard", isStopping),
  );
  const nodes = await withProgress("Starting realtime nodes", () =>
    readyNodes(urls.database, settings.nodes, isStopping),
  );
  for (const node of nodes) await untilAnswers(`${node.url}/readyz`, `node ${node.id}`, isStopping);
  return nodes;
}
