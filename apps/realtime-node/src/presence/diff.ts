import type { PresenceDiff, PresenceState } from "@tidewire/protocol/supabase/presence";
import type { Member, PresenceChange } from "./state.ts";

/** A node with ten thousand members of one topic that goes down is told in frames of about 100 KB, not in one of 1 MB. */
const MEMBERS_PER_DIFF_MAX = 1_000;

interface Item {
  joined?: Member;
  left?: Member;
}

/**
 * Changes of one room during one event-loop turn: ten thousand tracks in a burst are ten diffs. Each channel is in a
 * batch once, so that a track followed by an untrack is still told as a join and a leave.
 */
export class DiffBatch {
  readonly #items = new Map<string, Item>();

  /** Whether the change is about a channel that the batch already has: then the batch is told first. */
  touches({ joined, left }: PresenceChange): boolean {
    return [...joined, ...left].some((member) => this.#items.has(channelKey(member)));
  }

  add({ joined, left }: PresenceChange): void {
    for (const member of left) this.#items.set(channelKey(member), { left: member });
    for (const member of joined) {
      const key = channelKey(member);
      this.#items.set(key, { ...this.#items.get(key), joined: member });
    }
  }

  /** An update has its two halves in one diff, because clients add the new meta before they remove the old (11.28). */
  *toDiffs(): Generator<PresenceDiff> {
    const items = [...this.#items.values()];
    for (let from = 0; from < items.length; from += MEMBERS_PER_DIFF_MAX) {
      const part = items.slice(from, from + MEMBERS_PER_DIFF_MAX);
      yield {
        joins: toPresenceState(part.flatMap(({ joined }) => joined ?? [])),
        leaves: toPresenceState(part.flatMap(({ left }) => left ?? [])),
      };
    }
  }
}

function channelKey({ boot, channel }: Member): string {
  return `${boot}/${channel}`;
}

/** Metas by key, as `presence_state` and both halves of a diff carry them. Keys such as `__proto__` are inert. */
export function toPresenceState(members: Iterable<Member>): PresenceState {
  const metasByKey = new Map<string, Member["meta"][]>();
  for (const { key, meta } of members) {
    const metas = metasByKey.get(key);
    if (metas === undefined) metasByKey.set(key, [meta]);
    else metas.push(meta);
  }
  return Object.fromEntries([...metasByKey].map(([key, metas]) => [key, { metas }]));
}
