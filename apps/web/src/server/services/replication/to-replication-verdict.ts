import type { ReplicationSnapshot, SlotBlocker } from "@tidewire/protocol/cluster/inspect";
import { formatBytes, formatDuration, formatMs, formatRate, plural } from "../../../lib/format.ts";
import type { DatabaseWitness, ReplicationView, SlotFacts, SlotHolder } from "../../views/replication.ts";
import type { Surveyed } from "../../views/survey.ts";

type Verdict = ReplicationView["verdict"];

/** A reader notices a delay of seconds; half a minute is an incident. */
export const LAG_WARNING_MS = 5_000;
const LAG_BROKEN_MS = 30_000;
/** Above this share of the slot's limit somebody should look before it is lost. */
const RETAINED_WARNING_SHARE = 0.7;
/** A transaction that has been open for so long pins more than a moment's WAL. */
const BLOCKER_WARNING_MS = 10_000;
/** A walsender is asked for a word several times a second. */
const SENDER_SILENCE_MS = 3_000;
/** So much a slot may lie unread without anybody being told. */
const UNREAD_WARNING_BYTES = 64 * 1024 ** 2;

interface Evidence {
  home: ReplicationSnapshot | null;
  surveyed: Surveyed;
  /** Null while the home can speak for the database. */
  database: DatabaseWitness | null;
  nowMs: number;
}

/** One sentence: is it well, and if not, who is to blame. */
export function toReplicationVerdict({ home, surveyed, database, nowMs }: Evidence): Verdict {
  if (home === null) return ofNoHome(surveyed, database, nowMs);
  if (home.state === "lost") return ofLost(home, database, nowMs);
  if (home.state === "connecting")
    return say("warning", `${home.node} is connecting to the database.${holderNote(database)}`);
  if (home.state === "idle")
    return say("idle", "Nobody needs the database at the moment; the next join connects it again.");
  return ofStream(home);
}

function say(level: Verdict["level"], sentence: string, remedy: string | null = null): Verdict {
  return { level, sentence, remedy };
}

function toEndSession(pid: number): string {
  return `select pg_terminate_backend(${pid});`;
}

function ofNoHome(
  { answered, silentNodes }: Surveyed,
  database: DatabaseWitness | null,
  nowMs: number,
): Verdict {
  const silent = silentNodes.map(({ node, beatAtMs }) => ({
    node,
    forMs: Math.max(0, nowMs - beatAtMs),
  }));
  const slot = database?.kind === "said" ? database.slot : null;
  if (slot !== null) return ofUnledSlot(slot, silent, answered.length > 0);
  const elsewhere = database?.kind === "silent" ? ` Nor does the database: ${lower(database.reason)}` : "";
  if (answered.length === 0) {
    return say("broken", `No realtime node answers: the state of replication is not known.${elsewhere}`);
  }
  if (silent.length > 0) {
    const names = silent.map(({ node }) => node).join(" or ");
    return say(
      "warning",
      `No home among the nodes that answer; it may be ${names}, which does not.${elsewhere}`,
    );
  }
  return say("idle", "No channel has needed the database yet: replication starts with the first that does.");
}

interface Silent {
  node: string;
  forMs: number;
}

/** A slot that no node speaks for: who has hold of it tells why. */
function ofUnledSlot(slot: SlotFacts, silent: readonly Silent[], isAnybodyThere: boolean): Verdict {
  const { holder, inactiveForMs, lagBytes, unmovedForMs } = slot;
  const waiting = `${formatBytes(lagBytes)} of WAL wait in the slot and follow in order.`;
  const absent = silent.map(
    ({ node, forMs }) => `node ${node} has not answered since its last beat ${formatDuration(forMs)} ago`,
  );
  if (holder !== null && !holder.isOurs) {
    return say(
      "broken",
      `Another session holds the slot: ${describeHolder(holder)}. No node can stream until it lets go.`,
      toEndSession(holder.pid),
    );
  }
  if (holder !== null && absent.length > 0) {
    const unmoved =
      unmovedForMs < 1_000 ? "" : ` and has acknowledged nothing for ${formatDuration(unmovedForMs)}`;
    return say(
      "broken",
      `The consumer has stopped: ${absent.join("; ")}. It still holds the slot (pid ${holder.pid})${unmoved}. ${waiting}`,
    );
  }
  if (holder !== null) {
    return say(
      "warning",
      `The slot is held by an earlier home's session (pid ${holder.pid}), though no node is home now: the next one waits for its end.`,
      toEndSession(holder.pid),
    );
  }
  const since = inactiveForMs === null ? "" : ` for ${formatDuration(inactiveForMs)}`;
  if (absent.length > 0) {
    return say("broken", `Nobody has read the slot${since}: ${absent.join("; ")}. ${waiting}`);
  }
  const kept = `${formatBytes(lagBytes)} of WAL wait for whoever comes next.`;
  if (!isAnybodyThere) return say("broken", `Nobody has read the slot${since}: no node is running. ${kept}`);
  const level = lagBytes > UNREAD_WARNING_BYTES ? "warning" : "idle";
  return say(level, `Nobody has read the slot${since}, because no channel needs it: ${kept}`);
}

function ofLost(home: ReplicationSnapshot, database: DatabaseWitness | null, nowMs: number): Verdict {
  const since = home.outages.find((outage) => outage.toMs === undefined);
  const how = since === undefined ? "" : ` for ${formatDuration(Math.max(0, nowMs - since.fromMs))}`;
  const holder = database?.kind === "said" ? (database.slot?.holder ?? null) : null;
  if (holder !== null && !holder.isOurs) {
    return say(
      "broken",
      `Another session holds the slot${how}: ${describeHolder(holder)}. ${home.node} tries again until it lets go.`,
      toEndSession(holder.pid),
    );
  }
  const why = home.stateReason ?? since?.reason ?? "no reason given";
  const where =
    database?.kind === "said" ? " It answers this dashboard, so the fault lies between it and the node." : "";
  return say(
    "broken",
    `The database is lost${how}: ${why}. Committed rows wait in the slot and follow in order.${where}`,
  );
}

function ofStream(home: ReplicationSnapshot): Verdict {
  const { lagMs = 0, lagBytes, retainedBytes = 0, retainedBytesMax, blocker, changesPerSecond } = home;
  const stopped = ofStoppedSender(home);
  if (stopped !== null) return stopped;
  if (lagMs > LAG_WARNING_MS) {
    const level = lagMs > LAG_BROKEN_MS ? "broken" : "warning";
    return say(
      level,
      `Replication is ${formatMs(lagMs)} (${formatBytes(lagBytes)}) behind${toCause(home)}.`,
      blocker === undefined ? null : toEndSession(blocker.pid),
    );
  }
  const isFilling = retainedBytes > retainedBytesMax * RETAINED_WARNING_SHARE;
  if (blocker !== undefined && (blocker.ageMs >= BLOCKER_WARNING_MS || isFilling)) {
    return say(
      "warning",
      `${describeBlocker(blocker)}: until it ends, Postgres keeps the WAL behind it, ${formatBytes(retainedBytes)} by now. Rows of others arrive, ${formatMs(home.lagMs)} behind.`,
      toEndSession(blocker.pid),
    );
  }
  if (isFilling) {
    return say(
      "warning",
      `The slot retains ${formatBytes(retainedBytes)} of WAL; at ${formatBytes(retainedBytesMax)} it is given up and the gap announced.`,
    );
  }
  return say(
    "ok",
    `Streaming ${formatRate(changesPerSecond)} changes/s, ${formatMs(home.lagMs)} behind the last commit.`,
  );
}

/** The database answers, but the process that should send the stream does not. */
function ofStoppedSender({ node, sender, lagMs = 0, lagBytes }: ReplicationSnapshot): Verdict | null {
  if (sender === undefined || sender.paused || sender.silentMs < SENDER_SILENCE_MS) return null;
  return say(
    lagMs > LAG_BROKEN_MS ? "broken" : "warning",
    `The stream has stopped: the walsender (pid ${sender.pid}) has not answered ${node} for ${formatDuration(sender.silentMs)}, though the database does. ${formatBytes(lagBytes)} of WAL wait.`,
    toEndSession(sender.pid),
  );
}

function toCause({ sender, blocker, pool, node }: ReplicationSnapshot): string {
  if (blocker !== undefined) {
    const { pid, user, ageMs } = blocker;
    return `: a transaction of \`${user}\` (pid ${pid}) has been open for ${formatDuration(ageMs)}`;
  }
  if (sender?.paused !== true) return "";
  const busy =
    pool.inUse >= pool.size && pool.size > 0
      ? `: all ${plural(pool.size, "connection")} of its budget are in use`
      : "";
  return `: ${node} reads no further until it has passed on what it holds${busy}`;
}

function describeBlocker({ pid, user, application, database, ageMs, state }: SlotBlocker): string {
  const who = application === undefined ? `\`${user}\`` : `\`${user}\` (\`${application}\`)`;
  const where = database === undefined ? "" : ` in database \`${database}\``;
  const how = state === "active" ? "" : `, ${state}`;
  return `A transaction of ${who}${where}, pid ${pid}, has been open for ${formatDuration(ageMs)}${how}`;
}

function describeHolder({ pid, user, application, address, connectedForMs }: SlotHolder): string {
  const name = application === "" ? "" : `\`${application}\` of `;
  const from = address === null ? "" : ` from ${address}`;
  return `pid ${pid} (${name}\`${user}\`${from}), connected for ${formatDuration(connectedForMs)}`;
}

function holderNote(database: DatabaseWitness | null): string {
  const holder = database?.kind === "said" ? (database.slot?.holder ?? null) : null;
  return holder === null || holder.isOurs ? "" : ` The slot is held by ${describeHolder(holder)}.`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
