import { withConnection } from "@tidewire/db/connect-once";
import type { ControlPlane } from "@tidewire/db/control-plane";
import { readProjectSecrets } from "@tidewire/db/projects";
import type pg from "pg";
import { StepFailed } from "./step-failed.ts";

/** One connection to the project's database for `work`. @throws StepFailed when the project has none yet */
export async function withProjectConnection<T>(
  plane: ControlPlane,
  ref: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { databaseUrl: url } = await readProjectSecrets(plane, ref);
  if (url === null) throw new StepFailed("The project has no database yet.");
  return withConnection({ url, applicationName: "tidewire-provisioning" }, work);
}
