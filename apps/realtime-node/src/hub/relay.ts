import {
  encodeRoomMessage,
  type FanOutEnvelope,
  type Room,
  toRoomKey,
} from "@tidewire/protocol/cluster/fanout";
import type { Broadcast, BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import { broadcastsLost } from "@tidewire/protocol/supabase/system";
import type { Bus, Subscription } from "../bus/bus.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import { Arrivals } from "./arrivals.ts";
import { Bequests } from "./bequests.ts";
import { type CarriedRoom, positionsOf, settledPositions } from "./carried-room.ts";
import { CarriedRooms } from "./carried-rooms.ts";
import {
  type Audience,
  fanOutBroadcast,
  fanOutFrame,
  idOf,
  offerBroadcast,
  type ToWireFrame,
} from "./fan-out.ts";
import { Heads } from "./heads.ts";
import { History, type HistoryLimits } from "./history.ts";
import { HistoryClient, serveHistory } from "./history-exchange.ts";
import type { Hub } from "./hub.ts";
import { Interests } from "./interests.ts";
import { Neighbours, type Peers } from "./neighbours.ts";
import { RoomListener } from "./room-listener.ts";
import { bootOf, type Span } from "./sequence.ts";
import type { Subscriber } from "./subscriber.ts";
import { Surveys } from "./surveys.ts";
import type { Positions, ResumePoint } from "./topic-log.ts";
import type { Tracer } from "./tracer.ts";

const GRACE_MS = 30_000;
/** A receiver that missed the last message of a burst learns of it this much later at the latest. */
const HEADS_MS = 1_000;
const SWEEP_MS = 5_000;
/** As long as a hole is repaired; who joined while a message was on its way this long hears it or not. */
const ON_TIME_MS = 250;

export interface BroadcastGap extends Span {
  room: Room;
  origin: string;
  atMs: number;
}

export interface RelayOptions {
  hub: Hub;
  bus: Bus;
  /** This life of this node: the origin of what it accepts. */
  boot: string;
  clock: Clock;
  log: Log;
  toWireFrame: ToWireFrame;
  /** Of one project; read at every message, so that a change in the dashboard counts at once. */
  historyOf: (ref: string) => HistoryLimits;
  /** Absent on a node that has no others. */
  peers?: Peers;
  /** A message of another node was handed to local members. */
  onArrival?: (envelope: FanOutEnvelope, recipients: number) => void;
  onGap?: (gap: BroadcastGap) => void;
  tracer?: Tracer;
  graceMs?: number;
}

export interface PublishOptions {
  /** Channel id of the sender. */
  sender?: string;
  /** Whether the sender hears itself. */
  self: boolean;
  acceptedAtMs: number;
}

export interface Published {
  position: BroadcastPosition;
  /** Local members that were handed the message. */
  recipients: number;
  /** A message with the same id is known: this one was accepted, and not sent a second time. */
  repeated: boolean;
}

/**
 * The way of a broadcast: position -> local members -> history -> other nodes.
 *
 * Local members are served inside `publish`, before anything touches the bus, and nothing is encoded for the bus when
 * no other node can be interested. Other nodes learn of a message through their subscription to the room, which they
 * hold while they have members (and a grace period longer); a node never hears itself. What comes from others is put in
 * order by `Arrivals`.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #history: History;
  readonly #rooms: CarriedRooms;
  readonly #interests: Interests;
  readonly #listener: RoomListener;
  readonly #heads: Heads;
  readonly #bequests: Bequests;
  readonly #neighbours: Neighbours;
  readonly #timers: Timer[];
  readonly #subscriptions: Subscription[];
  readonly #stats = { published: 0, arrived: 0, gaps: 0 };

  constructor(options: RelayOptions) {
    this.#options = options;
    const { hub, bus, boot, clock, log, historyOf, peers } = options;
    this.#history = new History({ limitsOf: historyOf, monotonicMs: () => clock.monotonicMs() });
    this.#rooms = new CarriedRooms(boot, this.#history);
    const client = new HistoryClient(bus, log);
    const remember = (carried: CarriedRoom, envelope: FanOutEnvelope) =>
      this.#rooms.remember(carried, envelope);
    this.#neighbours = new Neighbours({
      boot,
      clock,
      peers,
      onBack: (other) => void this.resync([other]),
      onGone: (other) => this.#heads.gone(other, this.#rooms.all()),
      onDraining: (other) => this.#listener.rescue(this.#rooms.all(), other),
    });
    const alive = () => this.#neighbours.alive();
    const arrivals: Arrivals = new Arrivals({
      client,
      clock,
      peers: alive,
      introduce: (carried, listening, origin) => surveys.introduce(carried, listening, origin),
      recall: (carried, listening, origin) => surveys.recall(carried, listening, origin),
      isSteady: (other) => this.#neighbours.isSteady(other),
      remember,
      deliver: (carried, envelope) => this.#deliver(carried, envelope),
      onGap: (carried, origin, gap) => this.#announceGap(carried, origin, gap),
    });
    const surveys = new Surveys({ boot, client, arrivals, peers: alive, remember });
    this.#heads = new Heads({ bus, isAlive: (origin) => this.#neighbours.speaksForItself(origin) });
    this.#bequests = new Bequests({ bus, clock, log, rooms: this.#rooms, arrivals });
    const { tracer } = options;
    this.#listener = new RoomListener({
      boot,
      bus,
      clock,
      log,
      arrivals,
      surveys,
      peers: alive,
      draining: () => this.#neighbours.draining(),
      tracer,
    });
    this.#interests = new Interests({
      hub,
      clock,
      graceMs: options.graceMs ?? GRACE_MS,
      onOpen: (room, key) => this.#listener.open(this.#rooms.carry(room, key)),
      onClose: (room, key) => this.#listener.close(this.#rooms.carry(room, key)),
    });
    this.#timers = [
      clock.every(HEADS_MS, () => this.#tick()),
      clock.every(SWEEP_MS, () => this.#rooms.sweep()),
    ];
    this.#subscriptions = [
      serveHistory(bus, { boot, log, answer: (request) => this.#rooms.answer(request) }),
      this.#bequests.serve(boot),
      bus.onDisruption(() => void this.resync()),
    ];
  }

  get stats(): Readonly<{
    published: number;
    arrived: number;
    gaps: number;
    rooms: number;
    historyBytes: number;
  }> {
    return { ...this.#stats, rooms: this.#rooms.size, historyBytes: this.#history.bytes };
  }

  publish(room: Room, broadcast: Broadcast, { sender, self, acceptedAtMs }: PublishOptions): Published {
    const carried = this.#rooms.carry(room);
    const id = idOf(broadcast);
    const known = id === undefined ? undefined : carried.log.find(id);
    if (known !== undefined) return { position: known, recipients: 0, repeated: true };

    const position = this.#rooms.take(carried);
    const envelope = { room, position, acceptedAtMs, broadcast, sender };
    const { hub, bus, toWireFrame, tracer } = this.#options;
    const trace = tracer?.begin(envelope);
    const recipients = fanOutBroadcast(hub.membersOf(carried.key), envelope, toWireFrame, {
      except: self ? undefined : sender,
      witness: trace?.witness,
    });
    trace?.fannedOut();
    this.#rooms.remember(carried, envelope);
    this.#stats.published++;
    if (bus.mayReach(carried.subject)) {
      const outgoing = trace === undefined ? envelope : { ...envelope, trace: trace.busOut() };
      bus.publish(carried.subject, encodeRoomMessage({ kind: "broadcast", envelope: outgoing }));
      this.#heads.counted(carried);
    }
    return { position, recipients, repeated: false };
  }

  /** One event for local members only: presence diffs and notices, which every node makes for itself. */
  deliverFrame(room: Room, event: string, payload: unknown, audience: Audience): number {
    const { hub, toWireFrame } = this.#options;
    const members = hub.membersOf(toRoomKey(room));
    return members.size === 0 ? 0 : fanOutFrame(members, { room, event, payload }, audience, toWireFrame);
  }

  /**
   * How far members of the room have been served. A client that asked for positions is told this with its join, so that
   * it has something to resume from before it has heard anything.
   */
  positions(room: Room): Record<string, number> {
    return settledPositions(this.#rooms.carry(room));
  }

  /**
   * To be awaited before a channel joins, so that it hears every node from its reply on; for one that resumes it also
   * collects what other nodes have. Bounded by about half a second; at once when there are no other nodes.
   */
  async prepare(room: Room, resumeFrom?: Positions): Promise<void> {
    this.#interests.hold(room);
    await this.#listener.ready(this.#rooms.carry(room), resumeFrom);
  }

  /**
   * Hands a returning member exactly what it missed (difference D6), after `prepare` and in the same turn in which it
   * joins the hub: so nothing is lost in between and nothing comes twice.
   *
   * @returns what `resumed` of the system messages needs
   */
  resume(room: Room, subscriber: Subscriber, from: ResumePoint): { replayed: number; missing?: string } {
    const carried = this.#rooms.carry(room);
    const { listening } = carried;
    const { envelopes, missing, positions } = carried.log.missed({ ...from, served: positionsOf(carried) });
    if (from.sinceMs !== undefined) listening?.debts.add({ sinceMs: from.sinceMs, positions });
    if (!subscriber.mayReadBroadcast()) return { replayed: 0, missing };
    let replayed = 0;
    for (const envelope of envelopes) {
      const id = idOf(envelope.broadcast);
      if (id !== undefined && subscriber.suppresses(id)) continue;
      if (offerBroadcast(subscriber, envelope, this.#options.toWireFrame)) replayed++;
    }
    return { replayed, missing };
  }

  /** After a disruption: asks the given nodes, or all, for what was missed in every open room. */
  async resync(boots?: string[]): Promise<void> {
    await this.#listener.resync(this.#rooms.all(), boots);
  }

  /**
   * This node is about to leave: what it alone may have goes to another one, which answers those that could not hear it.
   * Bounded by four seconds.
   */
  async bequeath(): Promise<void> {
    const isLeft = (origin: string) =>
      bootOf(origin) === this.#options.boot || !this.#neighbours.speaksForItself(origin);
    await this.#bequests.give(isLeft, this.#neighbours.staying());
  }

  close(): void {
    for (const timer of this.#timers) timer.stop();
    this.#neighbours.close();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#heads.sayUnsaid();
    this.#interests.close();
  }

  #deliver(carried: CarriedRoom, envelope: FanOutEnvelope): void {
    const id = idOf(envelope.broadcast);
    const known = id === undefined ? undefined : carried.log.find(id);
    // It may have been stored at this very place before its turn came.
    const isRepeated = known !== undefined && !isSame(known, envelope.position);
    this.#rooms.remember(carried, envelope);
    if (isRepeated) return;
    const { hub, clock, toWireFrame, onArrival, tracer } = this.#options;
    const { origin } = envelope.position;
    const acceptedMs = this.#neighbours.latestOwnMs(origin, envelope.acceptedAtMs);
    const isLate = acceptedMs < clock.nowMs() - ON_TIME_MS;
    const trace = envelope.trace === undefined ? undefined : tracer?.resume(envelope);
    const recipients = fanOutBroadcast(hub.membersOf(carried.key), envelope, toWireFrame, {
      lateSinceMs: isLate ? acceptedMs : undefined,
      witness: trace?.witness,
    });
    trace?.fannedOut();
    if (isLate) this.#heads.heardLate(carried, origin);
    this.#stats.arrived++;
    onArrival?.(envelope, recipients);
  }

  #announceGap({ room }: CarriedRoom, origin: string, gap: Span): void {
    const { clock, log, onGap } = this.#options;
    this.#stats.gaps++;
    log.warn({ ref: room.ref, topic: room.topic, origin, ...gap }, "broadcasts of another node were lost");
    this.deliverFrame(room, "system", broadcastsLost(room.topic, { origin, ...gap }), "broadcast");
    onGap?.({ room, origin, ...gap, atMs: clock.nowMs() });
  }

  #tick(): void {
    this.#heads.tick();
    void this.#listener.askAgain();
  }
}

function isSame(one: BroadcastPosition, other: BroadcastPosition): boolean {
  return one.origin === other.origin && one.seq === other.seq;
}
