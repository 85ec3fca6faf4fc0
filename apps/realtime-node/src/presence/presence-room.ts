import type { PresenceAuthor, PresenceEntry } from "@tidewire/protocol/cluster/gossip";
import type { PresenceChange } from "./state.ts";
import { RoomState } from "./state.ts";

/** One step of this node's own part, ready to be told to others. */
export interface OwnStep {
  change: PresenceChange;
  delta: { author: PresenceAuthor; from: number; to: number; set: PresenceEntry[]; removed: string[] };
}

/** A room's state together with the part that this node writes. */
export class PresenceRoom {
  readonly state = new RoomState();
  readonly #self: PresenceAuthor;
  readonly #nextVersion: () => number;
  #joins = 0;
  #leaves = 0;

  /** @param nextVersion counts over all rooms of this boot, so that a room forgotten and used again does not start anew */
  constructor(self: PresenceAuthor, nextVersion: () => number) {
    this.#self = self;
    this.#nextVersion = nextVersion;
  }

  /** Joins and leaves of this node's own members since the room was first used; an update is neither. */
  get churn(): { joins: number; leaves: number } {
    return { joins: this.#joins, leaves: this.#leaves };
  }

  get ownVersion(): number {
    return this.state.versionOf(this.#self.boot);
  }

  set(entry: PresenceEntry): OwnStep {
    const step = this.#step([entry], []);
    if (step.change.joined.length > 0 && step.change.left.length === 0) this.#joins++;
    return step;
  }

  remove(channel: string): OwnStep {
    const step = this.#step([], [channel]);
    if (step.change.left.length > 0) this.#leaves++;
    return step;
  }

  #step(set: PresenceEntry[], removed: string[]): OwnStep {
    const from = this.ownVersion;
    const delta = { author: this.#self, from, to: this.#nextVersion(), set, removed };
    const change = this.state.apply(delta, true);
    // Only this node writes its part, one version at a time.
    if (change === "gap") throw new Error("this node's own presence part has a gap");
    return { change, delta };
  }
}
