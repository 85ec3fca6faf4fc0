import { createDb, type Db } from "../src/client.ts";
import type { ControlPlane } from "../src/control-plane.ts";
import { createOrganisation } from "../src/organisations.ts";
import { createProject, setProjectStatus } from "../src/projects.ts";
import { ensureRegion } from "../src/regions.ts";
import { generateSecretsKey, parseSecretsKey } from "../src/secrets.ts";

export interface TestPlane extends ControlPlane, AsyncDisposable {
  organisationId: string;
  ownerId: string;
}

/** A dashboard's view of `url`, with one user, one organisation and the region `local-1`. */
export async function createPlane(url: string): Promise<TestPlane> {
  const db: Db = createDb({ url, connectionsMax: 4 });
  const ownerId = crypto.randomUUID();
  await db.user.create({ data: { id: ownerId, name: "Owner", email: `${ownerId}@tidewire.test` } });
  const { id: organisationId } = await createOrganisation(db, { name: "Test", ownerId });
  await ensureRegion(db, { id: "local-1", name: "Local 1" });
  const secretsKey = parseSecretsKey(generateSecretsKey());
  return { db, secretsKey, organisationId, ownerId, [Symbol.asyncDispose]: () => db.$disconnect() };
}

/** An active project without keys. */
export async function createActiveProject(plane: TestPlane): Promise<string> {
  const { ref } = await createProject(plane, {
    name: "Demo",
    organisationId: plane.organisationId,
    regionId: "local-1",
    managed: true,
    databaseUrl: "postgresql://owner:password@127.0.0.1/demo",
  });
  await setProjectStatus(plane.db, ref, "active");
  return ref;
}
