import type { ProjectLimits } from "@tidewire/protocol/project";
import type { Overview } from "#server/views/overview.ts";

export type LimitName = keyof ProjectLimits;

interface LimitField {
  name: LimitName;
  label: string;
  hint: string;
  max?: number;
}

/** Limits in the order of their page: who connects, what is joined, what is sent, what the database bears. */
export const LIMIT_FIELDS: readonly LimitField[] = [
  {
    name: "maxConcurrentUsers",
    label: "Concurrent connections",
    hint: "Further handshakes are refused with 429",
  },
  {
    name: "maxChannelsPerClient",
    label: "Channels per connection",
    hint: "Further joins are refused: ChannelRateLimitReached",
  },
  {
    name: "maxJoinsPerSecond",
    label: "Joins per second",
    hint: "Further joins are refused and told when to try again",
  },
  { name: "maxEventsPerSecond", label: "Events per second", hint: "Messages sent plus copies delivered" },
  {
    name: "maxPresenceEventsPerSecond",
    label: "Presence events per second",
    hint: "Tracks, states and diffs of the whole project",
  },
  { name: "maxClientPresenceEventsPerWindow", label: "Presence calls per window", hint: "Of one channel" },
  {
    name: "clientPresenceWindowMs",
    label: "Presence window, ms",
    hint: "Over which those calls are counted",
  },
  { name: "maxPayloadSizeInKb", label: "Payload, kB", hint: "Largest message a client may send", max: 4_900 },
  { name: "databasePool", label: "Database connections", hint: "Besides the one that streams", max: 50 },
];

/** What a limit is used for right now; undefined when nobody measures it. */
export function currentUse(name: LimitName, view: Overview | undefined): number | undefined {
  if (!view || view.answered.length === 0) return undefined;
  switch (name) {
    case "maxConcurrentUsers":
      return view.totals.connections;
    case "maxJoinsPerSecond":
      return view.rates?.joins;
    case "maxEventsPerSecond":
      return view.rates ? view.rates.messagesIn + view.rates.deliveries : undefined;
    case "maxPresenceEventsPerSecond":
      return view.rates?.presenceEvents;
    case "databasePool":
      return view.replication?.pool.inUse;
    default:
      return undefined;
  }
}

/** What a field says of a value that is no limit. */
export function limitMessage(max: number | undefined): string {
  return max === undefined ? "a whole number above zero" : `a whole number from 1 to ${max}`;
}
