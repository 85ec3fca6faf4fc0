import { withConnection } from "@tidewire/db/connect-once";
import type { ControlPlane } from "@tidewire/db/control-plane";
import { findProject, listProjects, type Project } from "@tidewire/db/projects";
import type { Env } from "../../env.ts";
import type { NodeDirectory } from "../../fleet/node-directory.ts";
import { chooseNode } from "../nodes/choose-node.ts";
import { runSteps } from "./run-steps.ts";

/** A node that the reconciler is just starting is worth waiting for; one that somebody else runs is there or not. */
const NODE_PATIENCE_MS = { managed: 20_000, unmanaged: 2_000 };

interface Needs extends ControlPlane {
  env: Pick<Env, "databaseUrl" | "managedDatabaseUrl" | "fleet">;
  directory: NodeDirectory;
  log: { error(details: object, message: string): void };
  nowMs(): number;
}

/** The projects this process is making now. One run per project, over all web servers. */
export class ProvisioningRuns {
  readonly #needs: Needs;
  readonly #running = new Map<string, Promise<void>>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Begins, or goes on, in the background; after the run that is just ending, if there is one. The row tells how it goes. */
  start(ref: string): void {
    const previous = this.#running.get(ref) ?? Promise.resolve();
    const run = previous
      .then(() => runAlone(this.#needs, ref))
      .catch((err: unknown) =>
        this.#needs.log.error({ err, ref }, "making a project stopped; it goes on at the next start"),
      )
      .finally(() => {
        if (this.#running.get(ref) === run) this.#running.delete(ref);
      });
    this.#running.set(ref, run);
  }

  /** Goes on with what an earlier life of the server left half done. */
  async resume(): Promise<void> {
    const projects = await listProjects(this.#needs.db);
    for (const project of projects) {
      if (isUnfinished(project) && !this.#running.has(project.ref)) this.start(project.ref);
    }
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}

/** The last step makes a project active before it is done itself. */
function isUnfinished({ status, provisioning }: Project): boolean {
  return (
    status === "provisioning" || (status === "active" && provisioning.some(({ state }) => state !== "done"))
  );
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
      if (project === undefined || !isUnfinished(project)) return;
      await runSteps(
        {
          plane: needs,
          managedUrl: env.managedDatabaseUrl,
          findNodeUrl: async () =>
            chooseNode(await needs.directory.expected(), project.regionId)?.adminUrl ?? null,
          nodePatienceMs: env.fleet === "off" ? NODE_PATIENCE_MS.unmanaged : NODE_PATIENCE_MS.managed,
          nowMs: needs.nowMs,
        },
        project,
      );
    },
  );
}
