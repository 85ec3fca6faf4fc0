import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { formatBytes, formatDuration, formatMs, formatRate } from "../../../lib/format.ts";
import type { ReplicationView } from "../../views/replication.ts";
import type { Surveyed } from "../../views/survey.ts";
import { LAG_BROKEN_MS, LAG_WARNING_MS, RETAINED_WARNING_SHARE } from "../overview/to-verdict.ts";

type Verdict = ReplicationView["verdict"];

/** One sentence: is it well, and if not, why. */
export function toReplicationVerdict(
  home: ReplicationSnapshot | null,
  { answered, silentNodes }: Surveyed,
  nowMs: number,
): Verdict {
  if (home === null)
    return ofNobody(
      answered.length,
      silentNodes.map((node) => node.node),
    );
  if (home.state === "lost") {
    const since = home.outages.find((outage) => outage.toMs === undefined);
    const how = since === undefined ? "" : ` for ${formatDuration(Math.max(0, nowMs - since.fromMs))}`;
    const why = home.stateReason ?? since?.reason ?? "no reason given";
    return {
      level: "broken",
      sentence: `The database is lost${how}: ${why}. Committed rows wait in the slot and follow in order.`,
    };
  }
  if (home.state === "connecting")
    return { level: "warning", sentence: `${home.node} is connecting to the database.` };
  if (home.state === "idle")
    return {
      level: "idle",
      sentence: "Nobody needs the database at the moment; the next join connects it again.",
    };
  return ofStream(home);
}

function ofNobody(answered: number, silent: string[]): Verdict {
  if (answered === 0)
    return { level: "broken", sentence: "No realtime node answers: the state of replication is not known." };
  if (silent.length > 0) {
    return {
      level: "warning",
      sentence: `No home among the nodes that answer; it may be ${silent.join(" or ")}, which does not.`,
    };
  }
  return {
    level: "idle",
    sentence: "No channel has needed the database yet: replication starts with the first that does.",
  };
}

function ofStream(home: ReplicationSnapshot): Verdict {
  const { lagMs = 0, lagBytes, retainedBytes = 0, retainedBytesMax, blocker, changesPerSecond } = home;
  if (lagMs > LAG_WARNING_MS) {
    const cause =
      blocker === undefined
        ? ""
        : `: a transaction of \`${blocker.user}\` (pid ${blocker.pid}) has been open for ${formatDuration(blocker.ageMs)}`;
    const level = lagMs > LAG_BROKEN_MS ? "broken" : "warning";
    return {
      level,
      sentence: `Replication is ${formatMs(lagMs)} (${formatBytes(lagBytes)}) behind${cause}.`,
    };
  }
  if (retainedBytes > retainedBytesMax * RETAINED_WARNING_SHARE) {
    return {
      level: "warning",
      sentence: `The slot retains ${formatBytes(retainedBytes)} of WAL; at ${formatBytes(retainedBytesMax)} it is given up and the gap announced.`,
    };
  }
  return {
    level: "ok",
    sentence: `Streaming ${formatRate(changesPerSecond)} changes/s, ${formatMs(home.lagMs)} behind the last commit.`,
  };
}
