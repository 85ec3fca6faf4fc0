import type { TapEvent, TapKind } from "@tidewire/protocol/cluster/tap";

/** Fields that may be asked for by name; everything else is free text. */
const FILTER_FIELDS = ["topic", "event", "user", "from", "node", "code"] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

interface Term {
  /** Null: free text, looked for in everything that is shown. */
  field: FilterField | null;
  value: string;
  negated: boolean;
}

/** Every term must hold. */
export type Filter = readonly Term[];

// An optional minus, an optional `field:`, then a quoted text or everything up to the next space.
const TERM = new RegExp(`(-)?(?:(${FILTER_FIELDS.join("|")}):)?(?:"([^"]*)"|(\\S+))`, "gi");

/**
 * `topic:room:* event:cursor -node:sg-2 "free text"`. A word whose beginning is no field is text, so that topics can be
 * typed as they are (`room:1`). A field without a value says nothing and is left out while it is being typed.
 */
export function parseFilter(text: string): Filter {
  return [...text.matchAll(TERM)].flatMap(([, minus, name, quoted, bare]) => {
    const value = quoted ?? bare ?? "";
    const field = FILTER_FIELDS.find((one) => one === name?.toLowerCase()) ?? null;
    const unfinished = field === null && FILTER_FIELDS.some((one) => `${one}:` === value.toLowerCase());
    return value === "" || unfinished ? [] : [{ field, value, negated: minus === "-" }];
  });
}

export function matchesFilter(event: TapEvent, filter: Filter): boolean {
  return filter.every((term) => holds(event, term) !== term.negated);
}

function holds(event: TapEvent, { field, value }: Term): boolean {
  if (field !== null) return matchesGlob(event[field] ?? "", value);
  const wanted = value.toLowerCase();
  const { kind, topic, event: name, from, user, code, message, payload } = event;
  return [kind, topic, name, from, user, code, message, payload].some((part) =>
    part?.toLowerCase().includes(wanted),
  );
}

/** `*` stands for any text. Upper and lower case differ, as they do in topics and ids. */
function matchesGlob(whole: string, glob: string): boolean {
  const parts = glob.split("*");
  if (parts.length === 1) return whole === parts[0];
  const [first = "", ...rest] = parts;
  const last = rest.pop() ?? "";
  if (!whole.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = whole.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return whole.length - last.length >= at && whole.endsWith(last);
}

export interface ServerFilter {
  kinds?: TapKind[];
  topic?: string;
  text?: string;
}

/** As long as the server takes. */
const TEXT_CHARACTERS_MAX = 200;

/**
 * The part of a filter that nodes can apply themselves, so that what does not match costs no rate. It never lets less
 * through than the whole filter: the page applies that one again.
 */
export function toServerFilter(filter: Filter, kinds: readonly TapKind[]): ServerFilter {
  const topics = filter.filter(({ field, negated }) => field === "topic" && !negated);
  const texts = filter.filter(({ field, negated }) => field === null && !negated);
  const topic = topics.length === 1 ? topics[0]?.value : undefined;
  const text = texts.length === 1 ? texts[0]?.value : undefined;
  // Nodes know a star only at the end.
  const isServerTopic = topic !== undefined && /^[^*]*\*?$/.test(topic);
  return {
    ...(kinds.length > 0 ? { kinds: [...kinds] } : {}),
    ...(isServerTopic ? { topic } : {}),
    ...(text !== undefined && text.length <= TEXT_CHARACTERS_MAX ? { text } : {}),
  };
}
