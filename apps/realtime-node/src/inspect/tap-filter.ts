import type { TapEvent, TapKind } from "@tidewire/protocol/cluster/tap";

/** A row of the inspector shows far less; the rest would only fill the dashboard's memory. */
const PAYLOAD_CHARACTERS_MAX = 8 * 1024;

/** What a listener asks for; absent parts match everything. */
export interface TapFilter {
  ref: string;
  kinds?: readonly TapKind[] | undefined;
  /** Exact topic, or a prefix when it ends with `*`. */
  topic?: string | undefined;
  /** Free text, looked for in everything that is shown; upper and lower case are the same. */
  text?: string | undefined;
  /** Also the way of each broadcast, node by node. */
  trace?: boolean | undefined;
}

/** Of a trace only the project and the topic count. */
export function wantsTrace({ ref, topic, trace }: TapFilter, room: { ref: string; topic: string }): boolean {
  if (trace !== true || ref !== room.ref) return false;
  return topic === undefined || topic === "" || matchesTopic(room.topic, topic);
}

export function matches(event: TapEvent, filter: TapFilter): boolean {
  if (event.ref !== filter.ref) return false;
  if (filter.kinds !== undefined && filter.kinds.length > 0 && !filter.kinds.includes(event.kind))
    return false;
  if (filter.topic !== undefined && filter.topic !== "" && !matchesTopic(event.topic, filter.topic))
    return false;
  return filter.text === undefined || filter.text === "" || containsText(event, filter.text.toLowerCase());
}

function matchesTopic(topic: string | undefined, wanted: string): boolean {
  if (topic === undefined) return false;
  return wanted.endsWith("*") ? topic.startsWith(wanted.slice(0, -1)) : topic === wanted;
}

function containsText(event: TapEvent, wanted: string): boolean {
  const { kind, topic, event: name, from, user, code, message, payload } = event;
  return [kind, topic, name, from, user, code, message, payload].some((part) =>
    part?.toLowerCase().includes(wanted),
  );
}

/** The same event with at most 8 Ki characters of payload. */
export function cutPayload<E extends Pick<TapEvent, "payload">>(event: E): E & { truncated?: boolean } {
  if (event.payload === undefined || event.payload.length <= PAYLOAD_CHARACTERS_MAX) return event;
  return { ...event, payload: event.payload.slice(0, PAYLOAD_CHARACTERS_MAX), truncated: true };
}
