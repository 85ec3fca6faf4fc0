import { formatCount, formatDuration, plural } from "#lib/format.ts";
import type { Status } from "#ui/status-mark.tsx";

/** How the page hears of news. */
export type Feed =
  | { kind: "live" }
  | { kind: "connecting" }
  | { kind: "lost"; reason: string }
  | { kind: "paused" };

interface SilentNode {
  node: string;
  /** Absent where the view does not tell. */
  beatAtMs?: number;
  connections?: number;
}

export interface Survey {
  askedAtMs: number;
  answered: readonly string[];
  silentNodes: readonly SilentNode[];
}

export interface Coverage {
  status: Status;
  sentence: string;
}

/**
 * The truth about the data on screen: how old it is, which nodes it was made from, and what is missing because a node
 * did not answer.
 */
export function describeCoverage(feed: Feed, survey: Survey | undefined, nowMs: number): Coverage {
  if (!survey) {
    return feed.kind === "lost"
      ? { status: "bad", sentence: `not connected to the dashboard server: ${feed.reason}` }
      : { status: "busy", sentence: "asking the nodes" };
  }
  const age = formatDuration(nowMs - survey.askedAtMs);
  if (feed.kind === "paused") return { status: "idle", sentence: `paused: this is how it was ${age} ago` };
  if (feed.kind === "lost") {
    return {
      status: "bad",
      sentence: `connection to the dashboard server lost, trying again: this is how it was ${age} ago`,
    };
  }
  const all = survey.answered.length + survey.silentNodes.length;
  if (all === 0) return { status: "warn", sentence: "no realtime node is running: there is nothing to show" };
  const [silent, ...others] = survey.silentNodes;
  if (silent)
    return {
      status: survey.answered.length === 0 ? "bad" : "warn",
      sentence: silence(silent, others, nowMs),
    };
  const head = feed.kind === "connecting" ? `as of ${age} ago` : "live";
  const nodes = `${formatCount(all)} of ${plural(all, "node")} answering`;
  return { status: feed.kind === "connecting" ? "busy" : "ok", sentence: `${head}, ${nodes}` };
}

function silence(
  { node, beatAtMs, connections = 0 }: SilentNode,
  others: readonly unknown[],
  nowMs: number,
): string {
  const absence =
    beatAtMs === undefined ? "does not answer" : `has not answered for ${formatDuration(nowMs - beatAtMs)}`;
  const missing =
    connections > 0
      ? `its ${plural(connections, "connection")} ${connections === 1 ? "is" : "are"} not shown`
      : "its part is not shown";
  const sentence = `node ${node} ${absence}: ${missing}`;
  return others.length === 0
    ? sentence
    : `${sentence}; nor ${others.length === 1 ? "does" : "do"} ${plural(others.length, "other node")} answer`;
}
