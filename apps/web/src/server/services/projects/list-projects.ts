import { type Project, listProjects as readProjects } from "@tidewire/db/projects";
import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { MemberScope } from "../../context.ts";
import { toSurveyed } from "../../fleet/survey.ts";
import type { ProjectCard, ProjectList } from "../../views/project.ts";
import type { Point, Surveyed } from "../../views/survey.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { readSeries } from "../overview/read-series.ts";
import { newestHome } from "../replication/newest-home.ts";
import { LAG_WARNING_MS } from "../replication/to-replication-verdict.ts";
import { toProjectState } from "./to-project-state.ts";

const SPARKLINE_MS = 30 * 60_000;
/**
 * The last whole bucket of 15 s began up to 30 s ago, and was read up to 15 s ago. A project that does nothing is not
 * sampled, so an older point is not the present: nothing is.
 */
const PRESENT_MS = 45_000;

type Scope = Pick<MemberScope, "resources" | "memberships">;

/** What the nodes say of one project; null where nobody answered. */
interface Heard {
  connections: number | null;
  home: ReplicationSnapshot | null;
}

export async function listProjects(ctx: Scope): Promise<ProjectList> {
  return listProjectsWith(ctx, await readSparklines(ctx));
}

/** @param sparklines by ref; they move slowly and need not be read for every look */
export async function listProjectsWith(
  { resources, memberships }: Scope,
  sparklines: ReadonlyMap<string, Point[]>,
): Promise<ProjectList> {
  const projects = await readProjects(
    resources.db,
    memberships.map(({ organisation }) => organisation.id),
  );
  const refs = projects.map(({ ref }) => ref);
  const result = await askNodes(resources, (node, options) =>
    Promise.all(
      refs.map((ref) =>
        Promise.all([node.project.query({ ref }, options), node.replication.query({ ref }, options)]),
      ),
    ),
  );
  const surveyed = toSurveyed(result);
  return {
    ...surveyed,
    projects: projects.map((project, index) => {
      const answers = result.replies.flatMap(({ value }) =>
        value[index] === undefined ? [] : [value[index]],
      );
      const connections = answers.reduce((sum, [snapshot]) => sum + (snapshot?.counters.connections ?? 0), 0);
      const home = newestHome(answers.map(([, replication]) => replication));
      const heard = { connections: answers.length === 0 ? null : connections, home };
      return toCard(project, heard, {
        messages: sparklines.get(project.ref) ?? [],
        surveyed,
        nowMs: resources.nowMs(),
      });
    }),
  };
}

/** Messages per second of the last half hour, by ref. */
export async function readSparklines({ resources, memberships }: Scope): Promise<Map<string, Point[]>> {
  const projects = await readProjects(
    resources.db,
    memberships.map(({ organisation }) => organisation.id),
  );
  const lines = await Promise.all(
    projects.map(async ({ ref }): Promise<[string, Point[]]> => {
      const { series } = await readSeries(resources, { ref, names: ["messagesIn"], spanMs: SPARKLINE_MS });
      return [ref, series.messagesIn ?? []];
    }),
  );
  return new Map(lines);
}

function toCard(
  { ref, name, regionId, status, createdAt }: Project,
  { connections, home }: Heard,
  { messages, surveyed, nowMs }: { messages: Point[]; surveyed: Surveyed; nowMs: number },
): ProjectCard {
  const problems: string[] = [];
  if (status === "failed") problems.push("Setting it up failed.");
  if (surveyed.answered.length === 0) problems.push("No realtime node answers.");
  else if (surveyed.silent.length > 0) problems.push(`${surveyed.silent.join(", ")} does not answer.`);
  if (home?.state === "lost") problems.push("Its database is lost.");
  if ((home?.lagMs ?? 0) > LAG_WARNING_MS) problems.push("Replication is behind.");
  const [lastAtMs = 0, lastRate = 0] = messages.at(-1) ?? [];
  const rate = nowMs - lastAtMs <= PRESENT_MS ? lastRate : 0;
  return {
    ref,
    name,
    region: regionId,
    state: toProjectState(status),
    createdAtMs: createdAt.getTime(),
    connections,
    messages,
    messagesPerSecond: connections === null ? null : rate,
    lagMs: home?.lagMs ?? null,
    problems,
  };
}
