import type { ProjectCard } from "#server/views/project.ts";
import type { Status } from "#ui/status-mark.tsx";

interface ProjectStatus {
  status: Status;
  word: string;
}

/** A project's state in one mark and one word. */
export function projectStatus({ state, problems }: Pick<ProjectCard, "state" | "problems">): ProjectStatus {
  switch (state) {
    case "provisioning":
      return { status: "busy", word: "being set up" };
    case "failed":
      return { status: "bad", word: "setup failed" };
    case "deleting":
      return { status: "idle", word: "being deleted" };
    case "ready":
      return problems.length > 0
        ? { status: "warn", word: problems.length === 1 ? "1 problem" : `${problems.length} problems` }
        : { status: "ok", word: "ready" };
  }
}
