import type { PresenceDiff, PresenceState } from "@tidewire/protocol/supabase/presence";
import type { Member, PresenceChange } from "./state.ts";

/**
 * Changes of one room during one event-loop turn. Members are told once per turn: ten thousand tracks in a burst are
 * one diff, and a member that came and went within the turn is not told at all.
 */
export class DiffBatch {
  readonly #joined = new Map<string, Member>();
  readonly #left = new Map<string, Member>();

  add({ joined, left }: PresenceChange): void {
    for (const member of left) {
      if (!this.#joined.delete(member.meta.phx_ref)) this.#left.set(member.meta.phx_ref, member);
    }
    for (const member of joined) {
      if (!this.#left.delete(member.meta.phx_ref)) this.#joined.set(member.meta.phx_ref, member);
    }
  }

  /** Null when nothing is left to tell. */
  toDiff(): PresenceDiff | null {
    if (this.#joined.size === 0 && this.#left.size === 0) return null;
    return { joins: toPresenceState(this.#joined.values()), leaves: toPresenceState(this.#left.values()) };
  }
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
