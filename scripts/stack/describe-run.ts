import { readFileSync } from "node:fs";
import path from "node:path";
import { describeProjects } from "../../apps/web/src/server/services/bootstrap/describe-projects.ts";
import { ROOT } from "../prepare/run-step.mjs";
import type { Home } from "./home.ts";
import type { RunFile } from "./run-file.ts";
import { administrator, type Settings } from "./settings.ts";
import { type WebUrls, webUrl } from "./web.ts";

/** What `run.json` says: where everything is, and the keys of every project. */
export async function describeRun(
  settings: Settings,
  { secrets }: Home,
  { urls, nodes }: { urls: WebUrls; nodes: RunFile["nodes"] },
): Promise<RunFile> {
  const projects = await describeProjects({
    databaseUrl: urls.database,
    managedUrl: urls.managedServer,
    secretsKey: secrets.secretsKey,
    nodeUrlOf: (region) => (nodes.find((node) => node.region === region) ?? nodes[0])?.url ?? "",
  });
  return {
    version: 1,
    productVersion: JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).version,
    pid: process.pid,
    webUrl: webUrl(settings),
    admin: administrator(settings, secrets),
    controlDatabaseUrl: urls.database,
    nodes,
    projects: projects.map((project) => ({
      ...project,
      secretKey: secrets.projectSecretKeys[project.ref] ?? null,
    })),
  };
}
