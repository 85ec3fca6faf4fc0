import { formatDuration, formatRate, plural } from "../../../lib/format.ts";
import type { ProjectRates, ReplicationGlance, Verdict } from "../../views/overview.ts";
import type { ProjectState } from "../../views/project.ts";
import type { ReplicationView } from "../../views/replication.ts";
import type { Surveyed } from "../../views/survey.ts";

const REFUSED_PER_SECOND_WARNING = 1;

export interface VerdictInput {
  state: ProjectState;
  surveyed: Surveyed;
  rates: ProjectRates | null;
  /** What the replication page says of the home; null without one. */
  replication: ReplicationView["verdict"] | null;
  pool: ReplicationGlance["pool"] | null;
}

interface Finding {
  level: "warning" | "broken";
  sentence: string;
}

/** What an operator should know first: worst finding on top, two sentences at most. */
export function toVerdict(input: VerdictInput): Verdict {
  const findings = [
    ...ofState(input),
    ...ofNodes(input),
    ...ofReplication(input),
    ...ofPool(input),
    ...ofRefusals(input),
  ];
  if (findings.length === 0) return { level: "ok", sentences: ["Healthy."] };
  const worst = findings.some(({ level }) => level === "broken") ? "broken" : "warning";
  const sorted = findings.toSorted((a, b) => Number(b.level === "broken") - Number(a.level === "broken"));
  return { level: worst, sentences: sorted.slice(0, 2).map(({ sentence }) => sentence) };
}

function ofState({ state }: VerdictInput): Finding[] {
  if (state === "provisioning") return [{ level: "warning", sentence: "The project is still being set up." }];
  if (state === "failed")
    return [{ level: "broken", sentence: "Setting up the project failed; its progress list says why." }];
  if (state === "deleting") return [{ level: "warning", sentence: "The project is being deleted." }];
  return [];
}

function ofNodes({ surveyed: { answered, silentNodes, askedAtMs } }: VerdictInput): Finding[] {
  if (answered.length === 0 && silentNodes.length === 0) {
    return [{ level: "broken", sentence: "No realtime node is running: clients cannot connect." }];
  }
  if (answered.length === 0) {
    return [{ level: "broken", sentence: "No realtime node answers: nothing below is known." }];
  }
  return silentNodes.map(({ node, beatAtMs, connections }) => ({
    level: "warning",
    sentence: `Node ${node} does not answer (last beat ${formatDuration(Math.max(0, askedAtMs - beatAtMs))} ago): its ${plural(connections, "connection")} ${connections === 1 ? "is" : "are"} not shown.`,
  }));
}

function ofReplication({ replication }: VerdictInput): Finding[] {
  if (replication === null || replication.level === "ok" || replication.level === "idle") return [];
  const { level, sentence } = replication;
  return [{ level, sentence }];
}

function ofPool({ pool }: VerdictInput): Finding[] {
  if (pool === null || pool.queued === 0 || pool.inUse < pool.size) return [];
  return [
    {
      level: "warning",
      sentence: `All ${pool.size} database connections are busy and ${pool.queued} checks wait: joins of private channels are slow.`,
    },
  ];
}

function ofRefusals({ rates }: VerdictInput): Finding[] {
  if (rates === null || rates.joinsRefused < REFUSED_PER_SECOND_WARNING) return [];
  return [
    {
      level: "warning",
      sentence: `Joins are being refused (${formatRate(rates.joinsRefused)} per second); the inspector shows why.`,
    },
  ];
}
