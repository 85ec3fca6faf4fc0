// The one-off job of a container deployment: brings the control database to this version's schema, gives nodes their
// login, and makes the first sign-in, regions and projects. Runs before every rollout; what is there already stays.
import { bootstrap } from "../apps/web/src/server/services/bootstrap/bootstrap.ts";
import { readSetupSettings, type SetupSettings } from "./setup/settings.ts";
import { migrateControlDatabase } from "./stack/control-database.ts";

try {
  await setUp(readSetupSettings(process.env));
} catch (error) {
  console.error(`Setup failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function setUp(settings: SetupSettings): Promise<void> {
  const { databaseUrl, managedUrl, nodeDatabasePassword, secretsKey, authSecret, admin, seedFile } = settings;
  await migrateControlDatabase(databaseUrl, nodeDatabasePassword);
  const [first, ...others] = settings.regions;
  const { isFresh } = await bootstrap({
    databaseUrl,
    managedUrl,
    secretsKey,
    authSecret,
    admin,
    regions: [toRegion(first), ...others.map(toRegion)],
    seedFile,
    say: console.log,
  });
  console.log(
    isFresh ? `Ready; sign in as ${admin.email}.` : "Ready; the control database was set up already.",
  );
}

/** Containers are started by their engine: one node per region is what the fleet page expects to see. */
function toRegion(id: string) {
  return { id, name: id, nodes: 1 };
}
