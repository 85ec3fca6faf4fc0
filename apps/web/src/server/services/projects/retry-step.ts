import { setProjectStatus, setProvisioning } from "@tidewire/db/projects";
import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { recordEvent } from "../audit/record-event.ts";

/** Goes on from the failed step. @throws Problem `NothingToRetry` */
export async function retryStep(ctx: ProjectScope): Promise<void> {
  const { resources, project } = ctx;
  const failed = project.provisioning.find(({ state }) => state === "failed");
  if (project.status !== "failed" || failed === undefined) throw new Problem("NothingToRetry");
  const { id, title } = failed;
  const steps = project.provisioning.map((step) =>
    step.id === id ? { id, title, state: "waiting" as const } : step,
  );
  await setProvisioning(resources.db, project.ref, steps);
  await setProjectStatus(resources.db, project.ref, "provisioning");
  await recordEvent(ctx, { action: "project.retry", target: id, projectRef: project.ref });
  resources.provisioning.start(project.ref);
}
