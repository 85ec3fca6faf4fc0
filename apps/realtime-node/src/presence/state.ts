import type {
  PresenceAuthor,
  PresenceDelta,
  PresenceEntry,
  PresencePart,
} from "@tidewire/protocol/cluster/gossip";
import { ShownMetas } from "./shown-metas.ts";

/**
 * Who is present in one room, according to every node that has members there.
 *
 * The problem: nodes hear of each other late, twice, out of order, or not at all, and a node may die or return from a
 * long sleep. The naive answer, one shared set with adds and removes, needs tombstones for every member that ever left,
 * or a late "add" brings the dead back.
 *
 * Instead the room is a set of parts, one per boot, and only that boot ever writes its part, numbering every version.
 * Of two versions of one part the newer is the truth, whole. So merging is "per boot, keep the greater version":
 * commutative, associative and idempotent, and a member that left cannot come back with an older version. A delta moves
 * a part from exactly the version it names; anything else is a gap, and the receiver asks for the whole part.
 *
 * A part counts only while its boot's lease holds (its node's beats). Losing the lease hides the part, it does not
 * delete it: after a partition the same boot is shown again, after a restart the new boot has a part of its own and
 * the old one is dropped.
 *
 * A member whose node drains is marked, not removed; the node to which its client comes back takes the meta over under its
 * own name. While both have it, it is one meta (`ShownMetas`), so nobody is told of a move.
 *
 * Not promised: that two rooms, or a room and its broadcasts, are seen in one order by everybody.
 */
export interface Member extends PresenceEntry, PresenceAuthor {}

/** What became visible or invisible; an update of one channel's meta is in both. */
export interface PresenceChange {
  joined: readonly Member[];
  left: readonly Member[];
}

interface Part {
  author: PresenceAuthor;
  version: number;
  members: Map<string, Member>;
  visible: boolean;
}

/** Members that wait to be taken over, by key. */
type LeavingByKey = Map<string, Set<Member>>;

const NOTHING: PresenceChange = { joined: [], left: [] };

export class RoomState {
  readonly #parts = new Map<string, Part>();
  readonly #shown = new ShownMetas();
  readonly #leaving: LeavingByKey = new Map();

  get isEmpty(): boolean {
    return this.#parts.size === 0;
  }

  /** The version this state has of a boot's part; 0 when it has none. */
  versionOf(boot: string): number {
    return this.#parts.get(boot)?.version ?? 0;
  }

  /**
   * Moves a part by one delta. `gap` when the delta starts after the version held: nothing is changed then. An older
   * delta is nothing new.
   */
  apply(delta: Omit<PresenceDelta, "kind">, visible: boolean): PresenceChange | "gap" {
    const part = this.#parts.get(delta.author.boot) ?? this.#create(delta.author, visible);
    if (delta.to <= part.version) return NOTHING;
    if (delta.from !== part.version) return "gap";
    const joined: Member[] = [];
    const left: Member[] = [];
    for (const entry of delta.set) {
      const previous = part.members.get(entry.channel);
      const member = { ...entry, ...part.author };
      part.members.set(entry.channel, member);
      if (previous !== undefined) left.push(previous);
      joined.push(member);
    }
    for (const channel of delta.removed) {
      const previous = part.members.get(channel);
      if (previous !== undefined) left.push(previous);
      part.members.delete(channel);
    }
    part.version = delta.to;
    return this.#changed(part, { joined, left });
  }

  /** Takes a whole part, unless a newer version of it is held already. */
  merge(snapshot: PresencePart, visible: boolean): PresenceChange {
    const part = this.#parts.get(snapshot.author.boot) ?? this.#create(snapshot.author, visible);
    if (snapshot.version <= part.version) return NOTHING;
    const before = part.members;
    part.members = new Map(snapshot.members.map((entry) => [entry.channel, { ...entry, ...part.author }]));
    part.version = snapshot.version;
    return this.#changed(part, difference(before, part.members));
  }

  sizeOf(boot: string): number {
    return this.#parts.get(boot)?.members.size ?? 0;
  }

  isVisible(boot: string): boolean {
    return this.#parts.get(boot)?.visible ?? false;
  }

  /** The boot's lease was lost or renewed. */
  setVisible(boot: string, visible: boolean): PresenceChange {
    const part = this.#parts.get(boot);
    if (part === undefined || part.visible === visible) return NOTHING;
    part.visible = visible;
    const members = [...part.members.values()];
    return this.#show(visible ? { joined: members, left: [] } : { joined: [], left: members });
  }

  /** The boot will never speak again. */
  drop(boot: string): PresenceChange {
    const change = this.setVisible(boot, false);
    this.#parts.delete(boot);
    return change;
  }

  /** A meta that two parts hold is there once. */
  *members(): Generator<Member> {
    const twice = new Set<string>();
    for (const part of this.#parts.values()) {
      if (!part.visible) continue;
      for (const member of part.members.values()) {
        const { phx_ref: ref } = member.meta;
        if (twice.has(ref)) continue;
        if (this.#shown.holders(ref) > 1) twice.add(ref);
        yield member;
      }
    }
  }

  /** Members of this key that wait to be taken over and have not been. */
  leaving(key: string): Member[] {
    return [...(this.#leaving.get(key) ?? [])].filter(({ meta }) => this.#shown.holders(meta.phx_ref) === 1);
  }

  /** All a boot says, to be sent to somebody who lacks it. */
  part(boot: string): PresencePart | undefined {
    const part = this.#parts.get(boot);
    if (part === undefined) return undefined;
    const members = [...part.members.values()].map(({ node: _, region: __, boot: ___, ...entry }) => entry);
    return { author: part.author, version: part.version, members };
  }

  boots(): string[] {
    return [...this.#parts.keys()];
  }

  #changed({ visible }: Part, change: PresenceChange): PresenceChange {
    return visible ? this.#show(change) : NOTHING;
  }

  #show(change: PresenceChange): PresenceChange {
    for (const member of change.left) this.#forgetLeaving(member);
    for (const member of change.joined) if (member.leaving) this.#rememberLeaving(member);
    return this.#shown.apply(change);
  }

  #rememberLeaving(member: Member): void {
    const ofKey = this.#leaving.get(member.key) ?? new Set();
    ofKey.add(member);
    this.#leaving.set(member.key, ofKey);
  }

  #forgetLeaving(member: Member): void {
    const ofKey = this.#leaving.get(member.key);
    ofKey?.delete(member);
    if (ofKey?.size === 0) this.#leaving.delete(member.key);
  }

  #create(author: PresenceAuthor, visible: boolean): Part {
    const { node, region, boot } = author;
    const part: Part = { author: { node, region, boot }, version: 0, members: new Map(), visible };
    this.#parts.set(boot, part);
    return part;
  }
}

/** A member that begins to leave is another one than before, though its meta is the same. */
function difference(before: ReadonlyMap<string, Member>, after: ReadonlyMap<string, Member>): PresenceChange {
  const isIn = (members: ReadonlyMap<string, Member>, { channel, meta, leaving }: Member) => {
    const other = members.get(channel);
    return other?.meta.phx_ref === meta.phx_ref && other.leaving === leaving;
  };
  return {
    joined: [...after.values()].filter((member) => !isIn(before, member)),
    left: [...before.values()].filter((member) => !isIn(after, member)),
  };
}
