import type { ProvisioningStep } from "@tidewire/db/provisioning";
import { STEP_IDS, type StepId } from "../../views/project.ts";
import { checkProjectDatabase } from "./check-project-database.ts";
import { ensureDatabase } from "./ensure-database.ts";
import { ensureKeys } from "./ensure-keys.ts";
import { ensurePublications } from "./ensure-publications.ts";
import { migrateProjectDatabase } from "./migrate-project-database.ts";
import { reachNode } from "./reach-node.ts";
import type { StepContext } from "./step-context.ts";

interface Step {
  title: string;
  /** @throws StepFailed, or whatever broke */
  run(ctx: StepContext): Promise<void>;
}

export const STEPS: Readonly<Record<StepId, Step>> = {
  "check-database": { title: "Check the database server", run: checkProjectDatabase },
  "create-database": { title: "Create the database and its owner", run: ensureDatabase },
  "migrate-tenant": {
    title: "Create roles, auth functions and the realtime schema",
    run: migrateProjectDatabase,
  },
  publications: { title: "Check the publications", run: ensurePublications },
  keys: { title: "Issue the API keys", run: ensureKeys },
  "reach-node": { title: "Send a message through a realtime node", run: reachNode },
};

/** The list a new project starts with. */
export function toInitialSteps({
  managed,
  withNode,
}: {
  managed: boolean;
  withNode: boolean;
}): ProvisioningStep[] {
  return STEP_IDS.filter(
    (id) => (managed || id !== "create-database") && (withNode || id !== "reach-node"),
  ).map((id) => ({ id, title: STEPS[id].title, state: "waiting" }));
}

export function findStep(id: string): Step | undefined {
  const known = STEP_IDS.find((candidate) => candidate === id);
  return known && STEPS[known];
}
