import { type BootstrapRegion, bootstrap } from "../../apps/web/src/server/services/bootstrap/bootstrap.ts";
import { say } from "../prepare/progress.mjs";
import type { Home } from "./home.ts";
import { administrator, type Settings } from "./settings.ts";
import type { WebUrls } from "./web.ts";

/** The first user, a region for each node, and on a fresh home the seeded projects, whose secret keys the home keeps. */
export async function firstProject(settings: Settings, home: Home, urls: WebUrls): Promise<void> {
  const { secrets } = home;
  const { secretKeys } = await bootstrap({
    databaseUrl: urls.database,
    managedUrl: urls.managedServer,
    secretsKey: secrets.secretsKey,
    authSecret: secrets.authSecret,
    admin: administrator(settings, secrets),
    regions: localRegions(settings.nodes),
    onlyTheseRegions: true,
    seedFile: settings.seedFile,
    say: (line) => say(`  ${line}`),
  });
  Object.assign(secrets.projectSecretKeys, secretKeys);
  home.saveSecrets();
}

/** One region a node: what a cluster looks like, on one machine. */
function localRegions(nodes: number): [BootstrapRegion, ...BootstrapRegion[]] {
  const region = (number: number) => ({ id: `local-${number}`, name: `Local ${number}`, nodes: 1 });
  return [region(1), ...Array.from({ length: nodes - 1 }, (_, index) => region(index + 2))];
}
