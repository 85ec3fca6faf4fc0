import { type Room, toRoomKey } from "@tidewire/protocol/cluster/fanout";
import {
  type PresenceAuthor,
  type PresenceEntry,
  PresenceMessage,
  type PresencePart,
} from "@tidewire/protocol/cluster/gossip";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus, Subscription } from "../bus/bus.ts";
import type { Clock, Timer } from "../clock.ts";
import { within } from "../deadline.ts";
import type { Log } from "../log.ts";
import { isDigestDue, isSilent, TICK_MS } from "./digest-plan.ts";
import type { OwnStep, PresenceRoom } from "./presence-room.ts";
import type { PresenceChange } from "./state.ts";
import { PartClient, serveParts } from "./transfer.ts";

/**
 * After the last local member a room is still spoken for this long: somebody who missed that member's leave learns of it
 * by the digests and may still ask, and a client that reconnects finds the room complete.
 */
const LINGER_MS = 30_000;
/** The parts of a node that is down are kept this long, hidden, in case it was only unreachable. */
const HIDDEN_MS_MAX = 60_000;
/** A join waits this long for the other nodes' members, then begins without them. */
const OPENING_MS_MAX = 250;

/**
 * A node that is back may be heard seconds before it can be asked; it is asked with every tick, and no longer than until its
 * next digest says whether anything is missing.
 */
const ASKED_AGAIN_MAX = 10;

/** Whether a boot's node beats, and which others there are. */
export interface Leases {
  isAlive(boot: string): boolean;
  peers(): readonly { readonly boot: string; readonly health: string }[];
}

export interface ReplicatorDeps {
  self: PresenceAuthor;
  bus: Pick<Bus, "publish" | "subscribe" | "request" | "flush" | "mayReach" | "onDisruption">;
  clock: Pick<Clock, "every" | "after" | "monotonicMs">;
  leases: Leases;
  log: Pick<Log, "warn">;
  /** The room, made on first use. */
  roomOf(room: Room): PresenceRoom;
  /** This node's own part; an empty one of the latest version where it has nothing, so that it ends any older one. */
  ownPart(room: Room): PresencePart;
  onChange(room: Room, change: PresenceChange): void;
  /** Another node has a member, or another meta of one. */
  onSet(entry: PresenceEntry): void;
  /** Nobody here needs the room any more. */
  onForgotten(room: Room): void;
}

interface Watched {
  room: Room;
  subscription: Subscription;
  /** While the nodes alive at the opening are asked; never rejects. */
  opening: Promise<void> | undefined;
  changedMs: number;
  digestMs: number;
  /** When each other author was last heard or asked. */
  heardMs: Map<string, number>;
  asking: Map<string, Promise<void>>;
  /** How often authors that did not answer may be asked again. */
  unanswered: Map<string, number>;
  /** Set while only lingering. */
  untilMs?: number;
}

/**
 * Keeps the rooms that this node has members in equal to what other nodes say of them: deltas at once, digests every
 * few seconds, and the whole part of an author, asked of that author alone, when something was missed.
 *
 * An author that was down and beats again is shown only after it has confirmed its part: members that left while it was
 * away must not come back even for a moment.
 */
export class Replicator {
  readonly #deps: ReplicatorDeps;
  readonly #client: PartClient;
  readonly #watched = new Map<string, Watched>();
  readonly #hiddenSinceMs = new Map<string, number>();
  readonly #ticks: Timer;
  readonly #subscriptions: Subscription[];

  constructor(deps: ReplicatorDeps) {
    this.#deps = deps;
    this.#client = new PartClient(deps.bus, deps.log);
    this.#ticks = deps.clock.every(TICK_MS, () => this.#tick());
    this.#subscriptions = [
      deps.bus.onDisruption(() => this.#askAll()),
      serveParts(deps.bus, deps.self.boot, deps.ownPart),
    ];
  }

  /** From the first local member of a room on: hear of the others'. */
  watch(room: Room): void {
    this.#open(room).untilMs = undefined;
  }

  /** Before a member joins: resolves when the others' members are known, or after a moment without them. */
  async prepare(room: Room): Promise<void> {
    const isNew = !this.#watched.has(toRoomKey(room));
    const watched = this.#open(room);
    if (isNew) this.#linger(watched);
    if (watched.opening === undefined) return;
    const patience = { timeoutMs: OPENING_MS_MAX, clock: this.#deps.clock };
    await within("asking who is present", watched.opening, patience).catch(() => undefined);
  }

  /** The last local member left. */
  unwatch(room: Room): void {
    const watched = this.#watched.get(toRoomKey(room));
    if (watched !== undefined) this.#linger(watched);
  }

  tell(room: Room, { delta }: OwnStep): void {
    const watched = this.#watched.get(toRoomKey(room));
    if (watched !== undefined) watched.changedMs = this.#deps.clock.monotonicMs();
    this.#send(room, { kind: "delta", ...delta });
  }

  /** The boot's lease was lost; the room states hide its parts. */
  hide(boot: string): void {
    this.#hiddenSinceMs.set(boot, this.#deps.clock.monotonicMs());
  }

  /** The boot beats again, or for the first time. */
  confirm(boot: string): void {
    this.#hiddenSinceMs.delete(boot);
    for (const watched of this.#watched.values()) void this.#ask(watched, boot);
  }

  close(): void {
    this.#ticks.stop();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    for (const { subscription } of this.#watched.values()) subscription.unsubscribe();
    this.#watched.clear();
  }

  #open(room: Room): Watched {
    const key = toRoomKey(room);
    const known = this.#watched.get(key);
    if (known !== undefined) return known;
    const { bus, clock, leases, log } = this.#deps;
    const nowMs = clock.monotonicMs();
    const watched: Watched = {
      room,
      subscription: bus.subscribe(subjectOf(room), ({ data }) => this.#onMessage(watched, data), {
        echo: false,
      }),
      opening: undefined,
      changedMs: nowMs,
      digestMs: nowMs,
      heardMs: new Map(),
      asking: new Map(),
      unanswered: new Map(),
    };
    this.#watched.set(key, watched);
    const boots = leases.peers().filter(({ health }) => health !== "down");
    if (boots.length === 0) return watched;
    watched.opening = bus
      .flush()
      .then(async () => void (await Promise.all(boots.map(({ boot }) => this.#ask(watched, boot)))))
      .catch((err: unknown) =>
        log.warn({ err, room: key }, "a room was opened without asking who is present"),
      )
      .finally(() => {
        watched.opening = undefined;
      });
    return watched;
  }

  #linger(watched: Watched): void {
    watched.untilMs = this.#deps.clock.monotonicMs() + LINGER_MS;
  }

  #onMessage(watched: Watched, data: Uint8Array): void {
    const message = parse(data);
    if (message === undefined) return;
    const { leases, roomOf, clock } = this.#deps;
    const { room } = watched;
    const { boot } = message.author;
    const { state } = roomOf(room);
    watched.heardMs.set(boot, clock.monotonicMs());
    if (message.kind === "digest") {
      if (message.version > state.versionOf(boot)) void this.#ask(watched, boot);
      return;
    }
    const change = state.apply(message, leases.isAlive(boot));
    if (change === "gap") void this.#ask(watched, boot);
    else this.#deps.onChange(room, change);
    for (const entry of message.set) this.#deps.onSet(entry);
  }

  /** One question per author and room at a time; what happens meanwhile arrives as deltas. */
  #ask(watched: Watched, boot: string): Promise<void> {
    const running = watched.asking.get(boot);
    if (running !== undefined) return running;
    const asking = this.#fetch(watched, boot).finally(() => watched.asking.delete(boot));
    watched.asking.set(boot, asking);
    return asking;
  }

  async #fetch(watched: Watched, boot: string): Promise<void> {
    const part = await this.#client.fetch(boot, watched.room);
    const left = (watched.unanswered.get(boot) ?? ASKED_AGAIN_MAX) - 1;
    watched.unanswered.delete(boot);
    if (part === undefined && left > 0) watched.unanswered.set(boot, left);
    if (part === undefined || part.author.boot !== boot) return;
    if (this.#watched.get(toRoomKey(watched.room)) !== watched) return;
    const { leases, roomOf, onChange, clock } = this.#deps;
    const { state } = roomOf(watched.room);
    const isAlive = leases.isAlive(boot);
    watched.heardMs.set(boot, clock.monotonicMs());
    onChange(watched.room, state.merge(part, isAlive));
    onChange(watched.room, state.setVisible(boot, isAlive));
  }

  #tick(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const watched of this.#watched.values()) {
      if (watched.untilMs !== undefined && watched.untilMs <= nowMs) this.#forget(watched);
      else this.#attend(watched, nowMs);
    }
    this.#dropLongHidden(nowMs);
  }

  #attend(watched: Watched, nowMs: number): void {
    const { self, leases, roomOf } = this.#deps;
    const { ownVersion, state } = roomOf(watched.room);
    if (ownVersion > 0 && isDigestDue(nowMs, watched)) {
      watched.digestMs = nowMs;
      this.#send(watched.room, { kind: "digest", author: self, version: ownVersion });
    }
    for (const boot of watched.unanswered.keys()) {
      if (leases.isAlive(boot)) void this.#ask(watched, boot);
      else watched.unanswered.delete(boot);
    }
    for (const boot of state.boots()) {
      if (boot === self.boot || state.sizeOf(boot) === 0 || !leases.isAlive(boot)) continue;
      const isDoubtful = !state.isVisible(boot) || isSilent(nowMs, watched.heardMs.get(boot) ?? 0);
      if (isDoubtful) void this.#ask(watched, boot);
    }
  }

  #dropLongHidden(nowMs: number): void {
    for (const [boot, sinceMs] of this.#hiddenSinceMs) {
      if (nowMs - sinceMs < HIDDEN_MS_MAX) continue;
      this.#hiddenSinceMs.delete(boot);
      for (const { room, heardMs } of this.#watched.values()) {
        heardMs.delete(boot);
        this.#deps.onChange(room, this.#deps.roomOf(room).state.drop(boot));
      }
    }
  }

  #forget({ room, subscription }: Watched): void {
    subscription.unsubscribe();
    this.#watched.delete(toRoomKey(room));
    this.#deps.onForgotten(room);
  }

  /** Something may have been lost on the way, nobody knows what. */
  #askAll(): void {
    const boots = this.#deps.leases.peers().filter(({ health }) => health !== "down");
    for (const watched of this.#watched.values()) {
      watched.changedMs = this.#deps.clock.monotonicMs();
      for (const { boot } of boots) void this.#ask(watched, boot);
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
