import type { AuditEvent } from "@tidewire/db/audit";
import type { GapCause } from "@tidewire/db/gap-causes";
import type { GapRow } from "@tidewire/db/gaps";
import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { TapEvent, TapKind } from "@tidewire/protocol/cluster/tap";
import { isErrorCode } from "@tidewire/protocol/errors";
import { formatDuration } from "../../../lib/format.ts";
import type { LogEntry } from "../../views/logs.ts";

/** Kinds of tap events of which some belong into a log. */
export const LOGGED_TAPS: TapKind[] = ["refusal", "close", "system", "leave"];

/** What an operator would ask about; ordinary leaves, closes and confirmations are the inspector's. */
export function fromTap(event: TapEvent): LogEntry | null {
  const { id, atMs, node, topic = null, user, from } = event;
  const entry = { id, atMs, node, topic, times: 1, who: user ?? from ?? null };
  const said = splitCode(event.code ?? null, event.message ?? "");
  switch (event.kind) {
    case "refusal":
      return { ...entry, kind: "refusal", ...said };
    case "close":
      return event.code === undefined ? null : { ...entry, kind: "close", ...said };
    case "system":
      return said.code === null && event.event !== "error" ? null : { ...entry, kind: "system", ...said };
    case "leave":
      return toEviction(event, entry);
    default:
      return null;
  }
}

/** Sockets break all day; that a client fell silent or was put out is worth a line. */
const EVICTIONS: Readonly<Record<string, [code: string | null, sentence: string]>> = {
  silent: ["SilentClient", "left the topic because its client fell silent"],
  kicked: [null, "was removed from the topic"],
};

function toEviction({ event = "", topic }: TapEvent, entry: Omit<LogEntry, "kind" | "code" | "sentence">) {
  const known = EVICTIONS[event];
  if (known === undefined || topic === undefined) return null;
  const [code, sentence] = known;
  return { ...entry, kind: "eviction" as const, code, sentence: `${entry.who ?? "A member"} ${sentence}.` };
}

/** Nodes write the code before the sentence where clients read both; it stands beside it here. */
function splitCode(code: string | null, message: string): Pick<LogEntry, "code" | "sentence"> {
  const [, head = "", rest = ""] = /^(\w+): (.*)$/s.exec(message) ?? [];
  const isHead = head === code || (code === null && isErrorCode(head));
  return isHead ? { code: head, sentence: rest } : { code, sentence: message };
}

export function fromAudit({ id, at, actor, action, target, after }: AuditEvent): LogEntry {
  return {
    id: `audit-${id}`,
    atMs: at.getTime(),
    kind: "change",
    code: action,
    sentence: describeChange({ actor, action, target, after }),
    times: 1,
    node: null,
    topic: null,
    who: actor,
  };
}

const DID: Readonly<Record<string, string>> = {
  "project.create": "created",
  "project.delete": "deleted",
  "project.rename": "renamed the project; before it was",
  "project.retry": "tried again to set up",
  "project.limits": "changed the limits of",
  "project.settings": "changed the settings of",
  "key.create": "created the key",
  "key.revoke": "revoked the key",
  "key.rotate": "rotated the key",
  "key.reveal": "looked at the secrets of",
  "connection.kick": "closed the connection",
  "presence.evict": "removed the member",
  "inspector.send": "sent a message to",
};

function describeChange({
  actor,
  action,
  target,
  after,
}: Pick<AuditEvent, "actor" | "action" | "target" | "after">) {
  const own = didOf(after);
  if (own !== null) return `${actor}: ${own}.`;
  const did = DID[action];
  return did === undefined ? `${actor}: ${action} ${target}.` : `${actor} ${did} ${target}.`;
}

/** Changes of a project's database say themselves what they did. */
function didOf(after: unknown): string | null {
  const did: unknown = after instanceof Object ? Reflect.get(after, "did") : null;
  return typeof did === "string" ? did : null;
}

const GAPS: Record<GapCause, string> = {
  "slot-over-limit": "the slot held back more WAL than the project allows and was given up",
  "slot-missing": "the slot was gone",
  "slot-invalidated": "Postgres gave the slot up",
  "slot-unreadable": "the slot was older than a publication and was moved past it",
  "database-rewound": "the database stands before what had been delivered",
};

export function fromGap({ id, atMs, cause, fromLsn, toLsn, tables, node, channels }: GapRow): LogEntry {
  const of = tables.length === 0 ? "" : ` of ${tables.join(", ")}`;
  return {
    id: `gap-${id}`,
    atMs,
    kind: "gap",
    code: "ReplicationGap",
    sentence: `Changes${of} between ${fromLsn} and ${toLsn} were lost: ${GAPS[cause]}. ${channels} ${channels === 1 ? "channel was" : "channels were"} told.`,
    times: 1,
    node,
    topic: null,
    who: null,
  };
}

/** Who is home since when, and the outages that this home remembers. */
export function fromHome({ node, epoch, homeSinceMs, slot, outages }: ReplicationSnapshot): LogEntry[] {
  const entry = { code: null, times: 1, node, topic: null, who: null };
  const takeOver: LogEntry = {
    ...entry,
    id: `home-${node}-${epoch}`,
    atMs: homeSinceMs,
    kind: "take-over",
    sentence: `${node} became the home of the project and took its slot ${slot}.`,
  };
  const lost = outages.map(
    ({ fromMs, reason }): LogEntry => ({
      ...entry,
      id: `outage-${node}-${fromMs}`,
      atMs: fromMs,
      kind: "outage",
      code: "DatabaseUnavailable",
      sentence: `The database was lost: ${reason}.`,
    }),
  );
  const found = outages.flatMap(({ fromMs, toMs }): LogEntry[] =>
    toMs === undefined
      ? []
      : [
          {
            ...entry,
            id: `recovery-${node}-${fromMs}`,
            atMs: toMs,
            kind: "outage",
            sentence: `The database is back after ${formatDuration(toMs - fromMs)}.`,
          },
        ],
  );
  return [takeOver, ...lost, ...found];
}

/** What many channels were told at once is one line, with how often it was said. */
export function foldAlike(entries: readonly LogEntry[]): LogEntry[] {
  const folded = new Map<string, LogEntry>();
  for (const entry of entries) {
    const { kind, code, sentence, node } = entry;
    const key = kind === "system" ? JSON.stringify([code, sentence, node]) : entry.id;
    const known = folded.get(key);
    if (known === undefined) folded.set(key, { ...entry });
    else {
      known.times += entry.times;
      known.topic = null;
      known.who = null;
    }
  }
  return [...folded.values()];
}
