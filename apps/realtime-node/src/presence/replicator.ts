import { type Room, toRoomKey } from "@tidewire/protocol/cluster/fanout";
import { type PresenceAuthor, PresenceMessage } from "@tidewire/protocol/cluster/gossip";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus, Subscription } from "../bus/bus.ts";
import type { Clock, Timer } from "../clock.ts";
import type { OwnStep, PresenceRoom } from "./presence-room.ts";
import type { PresenceChange } from "./state.ts";

/** A lost delta shows at the next digest; together with a transfer that stays well below the 10 s of promise P4. */
const DIGEST_MS = 3_000;
/**
 * After the last local member a room is still spoken for this long: somebody who missed that member's leave learns of it
 * by the digests and may still ask.
 */
const LINGER_MS = 30_000;

/** Whether a boot's node beats. */
export interface Leases {
  isAlive(boot: string): boolean;
}

export interface ReplicatorDeps {
  self: PresenceAuthor;
  bus: Pick<Bus, "publish" | "subscribe" | "mayReach" | "onDisruption">;
  clock: Pick<Clock, "every" | "monotonicMs">;
  leases: Leases;
  /** The room, made on first use. */
  roomOf(room: Room): PresenceRoom;
  onChange(room: Room, change: PresenceChange): void;
  /** Nobody here needs the room any more. */
  onForgotten(room: Room): void;
}

interface Watched {
  room: Room;
  subscription: Subscription;
  /** Set while only lingering. */
  untilMs?: number;
}

/**
 * Keeps the rooms that this node has members in equal to what other nodes say of them: deltas at once, digests every
 * three seconds, the whole part when something was missed.
 */
export class Replicator {
  readonly #deps: ReplicatorDeps;
  readonly #watched = new Map<string, Watched>();
  readonly #digests: Timer;
  readonly #disruptions: Subscription;

  constructor(deps: ReplicatorDeps) {
    this.#deps = deps;
    this.#digests = deps.clock.every(DIGEST_MS, () => this.#sendDigests());
    this.#disruptions = deps.bus.onDisruption(() => this.#askAll());
  }

  /** From the first local member of a room on: hear of the others', and ask them to introduce themselves. */
  watch(room: Room): void {
    const key = toRoomKey(room);
    const known = this.#watched.get(key);
    if (known !== undefined) {
      known.untilMs = undefined;
      return;
    }
    const subscription = this.#deps.bus.subscribe(
      subjectOf(room),
      ({ data }) => this.#onMessage(room, data),
      {
        echo: false,
      },
    );
    this.#watched.set(key, { room, subscription });
    this.#send(room, { kind: "want" });
  }

  /** The last local member left. A room in which this node never had a presence is forgotten at once. */
  unwatch(room: Room): void {
    const watched = this.#watched.get(toRoomKey(room));
    if (watched === undefined) return;
    if (this.#deps.roomOf(room).ownVersion === 0) this.#forget(watched);
    else watched.untilMs = this.#deps.clock.monotonicMs() + LINGER_MS;
  }

  tell(room: Room, { delta }: OwnStep): void {
    this.#send(room, { kind: "delta", ...delta });
  }

  /** Asks one boot for its parts of every watched room: it is back after its lease was lost. */
  askAgain(boot: string): void {
    for (const { room } of this.#watched.values()) this.#send(room, { kind: "want", boot });
  }

  close(): void {
    this.#digests.stop();
    this.#disruptions.unsubscribe();
    for (const { subscription } of this.#watched.values()) subscription.unsubscribe();
    this.#watched.clear();
  }

  #onMessage(room: Room, data: Uint8Array): void {
    const message = parse(data);
    if (message === undefined) return;
    const { self, leases, roomOf, onChange } = this.#deps;
    if (message.kind === "want") {
      if (message.boot === undefined || message.boot === self.boot) this.#sendOwnPart(room);
      return;
    }
    const { boot } = message.author;
    const { state } = roomOf(room);
    if (message.kind === "digest") {
      if (message.version > state.versionOf(boot)) this.#send(room, { kind: "want", boot });
      return;
    }
    if (message.kind === "snapshot") {
      onChange(room, state.merge(message, leases.isAlive(boot)));
      return;
    }
    const change = state.apply(message, leases.isAlive(boot));
    if (change === "gap") this.#send(room, { kind: "want", boot });
    else onChange(room, change);
  }

  #sendOwnPart(room: Room): void {
    const part = this.#deps.roomOf(room).state.part(this.#deps.self.boot);
    if (part !== undefined) this.#send(room, { kind: "snapshot", ...part });
  }

  #sendDigests(): void {
    const { self, roomOf, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    for (const watched of this.#watched.values()) {
      const { room, untilMs } = watched;
      if (untilMs !== undefined && untilMs <= nowMs) {
        this.#forget(watched);
        continue;
      }
      const version = roomOf(room).ownVersion;
      if (version > 0) this.#send(room, { kind: "digest", author: self, version });
    }
  }

  #forget({ room, subscription }: Watched): void {
    subscription.unsubscribe();
    this.#watched.delete(toRoomKey(room));
    this.#deps.onForgotten(room);
  }

  /** Something may have been lost on the way, nobody knows what. */
  #askAll(): void {
    for (const { room } of this.#watched.values()) {
      this.#send(room, { kind: "want" });
      this.#sendOwnPart(room);
    }
  }

  #send(room: Room, message: PresenceMessage): void {
    const subject = subjectOf(room);
    if (!this.#deps.bus.mayReach(subject)) return;
    this.#deps.bus.publish(subject, new TextEncoder().encode(JSON.stringify(message)));
  }
}

function subjectOf({ ref, private: isPrivate, topic }: Room): string {
  return subjects.presence(ref, isPrivate, topic);
}

/** Undefined for what another version wrote; the next digest tells what is missing. */
function parse(data: Uint8Array): PresenceMessage | undefined {
  try {
    return PresenceMessage.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return undefined;
  }
}
