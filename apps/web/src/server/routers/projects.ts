import type { TRPCRouterRecord } from "@trpc/server";
import {
  CheckDatabase,
  CreateProject,
  DeleteProject,
  OfProject,
  RenameProject,
  UpdateLimits,
  UpdateSettings,
} from "../../lib/schemas/project.ts";
import { checkDatabase } from "../services/projects/check-database.ts";
import { createProject } from "../services/projects/create-project.ts";
import { deleteProject } from "../services/projects/delete-project.ts";
import { listProjects } from "../services/projects/list-projects.ts";
import { renameProject } from "../services/projects/rename-project.ts";
import { retryStep } from "../services/projects/retry-step.ts";
import { toProjectDetail } from "../services/projects/to-project-detail.ts";
import { updateLimits } from "../services/projects/update-limits.ts";
import { updateSettings } from "../services/projects/update-settings.ts";
import { watchProjects } from "../services/projects/watch-projects.ts";
import { watchProvisioning } from "../services/projects/watch-provisioning.ts";
import { atLeast, memberProcedure, projectAtLeast, projectProcedure } from "../trpc.ts";

export const projectsRouter = {
  list: memberProcedure.query(({ ctx }) => listProjects(ctx)),
  live: memberProcedure.subscription(({ ctx, signal }) => watchProjects(ctx, signal)),
  byRef: projectProcedure.query(({ ctx }) => toProjectDetail(ctx)),
  checkDatabase: atLeast("admin")
    .input(CheckDatabase)
    .mutation(({ ctx, input }) => checkDatabase(ctx, input.url)),
  create: atLeast("admin")
    .input(CreateProject)
    .mutation(({ ctx, input }) => createProject(ctx, input)),
  provisioning: memberProcedure
    .input(OfProject)
    .subscription(({ ctx, input, signal }) => watchProvisioning(ctx, input.ref, signal)),
  retryStep: projectAtLeast("admin").mutation(({ ctx }) => retryStep(ctx)),
  rename: projectAtLeast("admin")
    .input(RenameProject)
    .mutation(({ ctx, input }) => renameProject(ctx, input.name)),
  updateLimits: projectAtLeast("admin")
    .input(UpdateLimits)
    .mutation(({ ctx, input }) => updateLimits(ctx, input.limits)),
  updateSettings: projectAtLeast("admin")
    .input(UpdateSettings)
    .mutation(({ ctx, input }) => updateSettings(ctx, input.settings)),
  delete: projectAtLeast("admin")
    .input(DeleteProject)
    .mutation(({ ctx, input }) => deleteProject(ctx, input)),
} satisfies TRPCRouterRecord;
