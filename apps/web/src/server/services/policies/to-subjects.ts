import type { Subject } from "@tidewire/db/policy-dry-run";
import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";

/** They pass all policies, whatever they are. */
const PASSES_ALL = "service_role";

/**
 * Whom nodes have lately seen at private topics: those who are in, those who came, those who were refused. Each role,
 * user and topic once, the newest first.
 */
export function toSubjects(
  connections: readonly ConnectionInfo[],
  events: readonly TapEvent[],
  max: number,
): Subject[] {
  const byId = new Map(connections.map((one) => [`${one.node} ${one.id}`, one]));
  const seen = [
    ...connections.flatMap(({ role, user, channels }) =>
      channels
        .filter((channel) => channel.private)
        .map(({ topic, sinceMs }) => ({ atMs: sinceMs, role, sub: user ?? null, topic })),
    ),
    ...events.flatMap((event) => {
      const subject = fromEvent(event, byId.get(`${event.node} ${event.from}`));
      return subject === null ? [] : [{ atMs: event.atMs, ...subject }];
    }),
  ].sort((a, b) => b.atMs - a.atMs);
  const subjects = new Map<string, Subject>();
  for (const { role, sub, topic } of seen) {
    if (role === PASSES_ALL || subjects.size >= max) continue;
    const key = JSON.stringify([role, sub, topic]);
    if (!subjects.has(key)) subjects.set(key, { role, sub, topic });
  }
  return [...subjects.values()];
}

/** Joins say their role in words. A refusal does not: its connection may still know, else who has no user is a visitor. */
function fromEvent(
  { kind, code, topic, user, message, private: isPrivate }: TapEvent,
  connection: ConnectionInfo | undefined,
): Subject | null {
  if (topic === undefined) return null;
  if (kind === "refusal" && code === "Unauthorized") {
    const sub = user ?? connection?.user ?? null;
    return { role: connection?.role ?? (sub === null ? "anon" : "authenticated"), sub, topic };
  }
  if (kind !== "join" || isPrivate !== true) return null;
  const [, role] = /^as ([^;\s]+)/.exec(message ?? "") ?? [];
  return role === undefined ? null : { role, sub: user ?? null, topic };
}
