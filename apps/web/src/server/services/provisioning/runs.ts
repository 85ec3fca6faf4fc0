import { withConnection } from "@tidewire/db/connect-once";
import { findProject, listProjects, setProjectStatus } from "@tidewire/db/projects";
import type { Resources } from "../../resources.ts";
import { findNodeUrl } from "../projects/project-url.ts";
import { runSteps } from "./run-steps.ts";

type Needs = Pick<Resources, "db" | "secretsKey" | "env" | "directory" | "nowMs" | "log">;

/** The projects this process is making now. One run per project, over all web servers. */
export class ProvisioningRuns {
  readonly #running = new Map<string, Promise<void>>();

  /** Begins, or goes on, in the background. The row tells how it goes. */
  start(needs: Needs, ref: string): void {
    if (this.#running.has(ref)) return;
    const run = runAlone(needs, ref)
      .catch((err: unknown) =>
        needs.log.error({ err, ref }, "making a project stopped; it goes on at the next start"),
      )
      .finally(() => this.#running.delete(ref));
    this.#running.set(ref, run);
  }

  /** Goes on with what an earlier life of the server left half done. */
  async resume(needs: Needs): Promise<void> {
    const projects = await listProjects(needs.db);
    for (const { ref, status } of projects) if (status === "provisioning") this.start(needs, ref);
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}

async function runAlone(needs: Needs, ref: string): Promise<void> {
  const { db, env } = needs;
  await withConnection(
    { url: env.databaseUrl, applicationName: "tidewire-provisioning" },
    async (session) => {
      // Held by the session: whoever dies in the middle frees the project for the next.
      const { rows } = await session.query<{ mine: boolean }>(
        "select pg_try_advisory_lock(hashtextextended('tidewire/provision/' || $1, 0)) as mine",
        [ref],
      );
      if (rows[0]?.mine !== true) return;
      const project = await findProject(db, ref);
      if (project === undefined || project.status === "deleting") return;
      await setProjectStatus(db, ref, "provisioning");
      await runSteps(
        {
          plane: needs,
          managedUrl: env.managedDatabaseUrl,
          findNodeUrl: () => findNodeUrl(needs, project.regionId),
          nowMs: needs.nowMs,
        },
        project,
      );
    },
  );
}
