import type { ProjectStatus } from "@tidewire/db/projects";
import type { ProjectState } from "../../views/project.ts";

export function toProjectState(status: ProjectStatus): ProjectState {
  return status === "active" ? "ready" : status;
}
