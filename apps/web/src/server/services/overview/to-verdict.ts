import { formatBytes, formatDuration, formatMs, formatRate } from "../../../lib/format.ts";
import type { ProjectRates, ReplicationGlance, Verdict } from "../../views/overview.ts";
import type { ProjectState } from "../../views/project.ts";
import type { Surveyed } from "../../views/survey.ts";

/** A reader notices a delay of seconds; half a minute is an incident. */
export const LAG_WARNING_MS = 5_000;
export const LAG_BROKEN_MS = 30_000;
/** Above this share of the slot's limit somebody should look before it is lost. */
export const RETAINED_WARNING_SHARE = 0.7;
const REFUSED_PER_SECOND_WARNING = 1;

export interface VerdictInput {
  state: ProjectState;
  surveyed: Surveyed;
  rates: ProjectRates | null;
  replication: (ReplicationGlance & { stateReason?: string; blocker?: Blocker }) | null;
}

export interface Blocker {
  pid: number;
  user: string;
  ageMs: number;
}

interface Finding {
  level: "warning" | "broken";
  sentence: string;
}

/** What an operator should know first: worst finding on top, two sentences at most. */
export function toVerdict(input: VerdictInput): Verdict {
  const findings = [...ofState(input), ...ofNodes(input), ...ofReplication(input), ...ofRefusals(input)];
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
    sentence: `Node ${node} does not answer (last beat ${formatDuration(Math.max(0, askedAtMs - beatAtMs))} ago): its ${connections} connections are not shown.`,
  }));
}

function ofReplication({ replication }: VerdictInput): Finding[] {
  if (replication === null) return [];
  const findings: Finding[] = [];
  const { state, stateReason, lagMs, retainedBytes, retainedBytesMax, pool } = replication;
  if (state === "lost") {
    const reason = stateReason === undefined ? "" : `: ${stateReason}`;
    findings.push({
      level: "broken",
      sentence: `The project's database is lost${reason}. Broadcast and presence go on.`,
    });
  }
  if (lagMs !== null && lagMs > LAG_WARNING_MS) {
    const level = lagMs > LAG_BROKEN_MS ? "broken" : "warning";
    findings.push({
      level,
      sentence: `Replication is ${formatMs(lagMs)} behind${toCause(replication.blocker)}.`,
    });
  }
  if (retainedBytes !== null && retainedBytes > retainedBytesMax * RETAINED_WARNING_SHARE) {
    findings.push({
      level: "warning",
      sentence: `The slot retains ${formatBytes(retainedBytes)} of WAL; at ${formatBytes(retainedBytesMax)} it is given up.`,
    });
  }
  if (pool.queued > 0 && pool.inUse >= pool.size) {
    findings.push({
      level: "warning",
      sentence: `All ${pool.size} database connections are busy and ${pool.queued} checks wait: joins of private channels are slow.`,
    });
  }
  return findings;
}

function toCause(blocker: Blocker | undefined): string {
  if (blocker === undefined) return "";
  return `: a transaction of \`${blocker.user}\` (pid ${blocker.pid}) has been open for ${formatDuration(blocker.ageMs)}`;
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
