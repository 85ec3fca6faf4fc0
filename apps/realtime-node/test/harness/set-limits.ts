import { updateLimits } from "@tidewire/db/projects";
import type { ProjectLimits } from "@tidewire/protocol/project";
import { eventually } from "@tidewire/testkit/eventually";
import { expect } from "vitest";
import type { Cluster } from "../harness.ts";

/** As the dashboard would; resolves when every node that knows the project obeys. */
export async function setLimits(
  { control, project, nodes }: Cluster,
  limits: Partial<ProjectLimits>,
): Promise<void> {
  const { version } = await updateLimits(control.plane.db, project.ref, limits);
  await eventually(() => {
    for (const { projects } of nodes) {
      expect(projects.peek(project.ref)?.record.version ?? version).toBe(version);
    }
  });
}
