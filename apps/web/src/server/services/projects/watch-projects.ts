import type { MemberScope } from "../../context.ts";
import type { ProjectList } from "../../views/project.ts";
import type { Point } from "../../views/survey.ts";
import { watch } from "../live/watch.ts";
import { listProjectsWith, readSparklines } from "./list-projects.ts";

/** Cards are glanced at; with many projects each look is many questions. */
const EVERY_MS = 2_000;
const SPARKLINES_EVERY_MS = 15_000;

export function watchProjects(
  ctx: MemberScope,
  signal: AbortSignal | undefined,
): AsyncGenerator<ProjectList, void, void> {
  let sparklines: Map<string, Point[]> = new Map();
  let readAtMs = Number.NEGATIVE_INFINITY;
  return watch(
    async () => {
      const nowMs = ctx.resources.nowMs();
      if (nowMs - readAtMs >= SPARKLINES_EVERY_MS) {
        sparklines = await readSparklines(ctx);
        readAtMs = nowMs;
      }
      return listProjectsWith(ctx, sparklines);
    },
    signal,
    EVERY_MS,
  );
}
