import type { NodeHealth } from "@tidewire/protocol/cluster/beat";
import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { Codec } from "@tidewire/protocol/phoenix/codec";
import { jsonV2 } from "@tidewire/protocol/phoenix/json-v2";
import type { Broadcast, BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import type { Bus } from "../src/bus/bus.ts";
import { type Clock, systemClock } from "../src/clock.ts";
import { Hub } from "../src/hub/hub.ts";
import type { Peers } from "../src/hub/neighbours.ts";
import { type BroadcastGap, Relay } from "../src/hub/relay.ts";
import type { Subscriber, WireFrame } from "../src/hub/subscriber.ts";
import { createLog } from "../src/log.ts";
import { UnreliableBus } from "./unreliable-bus.ts";

const log = createLog({ level: "silent", fields: {} });
export const ROOM: Room = { ref: "demo0000000000000000", topic: "room", private: false };

/** A channel as the hub sees it, which keeps what it was sent. Frames are the codec's own data, unframed. */
export interface TestMember extends Subscriber {
  readonly frames: (string | Uint8Array)[];
  /** Payload texts of the `verbatim` broadcasts, in order of arrival. */
  texts(): string[];
  positions(): BroadcastPosition[];
  systems(): { status: string; message: string }[];
}

interface MemberOptions {
  codec?: Codec;
  wantsPosition?: boolean;
  mayRead?: boolean;
  listensSinceMs?: number;
}

export function createMember(channelId: string, options: MemberOptions = {}): TestMember {
  const { codec = jsonV2, wantsPosition = false, mayRead = true, listensSinceMs = Date.now() } = options;
  const frames: (string | Uint8Array)[] = [];
  const events = (event: string) =>
    frames.flatMap((frame) => {
      if (typeof frame !== "string") return [];
      const [, , , name, payload] = JSON.parse(frame);
      return name === event ? [payload] : [];
    });
  return {
    channelId,
    codec,
    fullTopic: `realtime:${ROOM.topic}`,
    wantsPosition,
    listensSinceMs,
    mayReadBroadcast: () => mayRead,
    mayReadPresence: () => mayRead,
    suppresses: () => false,
    outbox: { offer: (frame) => frames.push(fromFrame(frame)) > 0 },
    frames,
    texts: () => events("broadcast").map(({ text }) => text),
    positions: () => events("broadcast").map(({ meta }) => ({ origin: meta.origin, seq: meta.seq })),
    systems: () => events("system"),
  };
}

const TEXT_FRAME = 1;

/** The relay only passes frames on, so a test may use any form: one byte for the kind, then the data. */
function toFrame(data: string | Uint8Array): WireFrame {
  const isText = typeof data === "string";
  return Buffer.concat([Buffer.of(isText ? TEXT_FRAME : 0), isText ? Buffer.from(data) : data]);
}

function fromFrame(frame: WireFrame): string | Uint8Array {
  const data = frame.subarray(1);
  return frame[0] === TEXT_FRAME ? Buffer.from(data).toString() : data;
}

function text(content: string, id?: string): Broadcast {
  const meta = id === undefined ? undefined : { id };
  return { form: "verbatim", payloadJson: JSON.stringify({ text: content }), meta };
}

export interface RelayNode extends AsyncDisposable {
  readonly boot: string;
  readonly bus: UnreliableBus;
  readonly hub: Hub;
  readonly relay: Relay;
  readonly gaps: BroadcastGap[];
  framesBuilt(): number;
  say(
    content: string,
    options?: { sender?: string; self?: boolean; id?: string; room?: Room },
  ): BroadcastPosition;
}

type PeerListener = Parameters<Peers["onPeer"]>[0];

/** Nodes that know of each other at once, or when the test says so; beats are not the subject here. */
export class Neighbours {
  readonly #views = new Map<string, Map<string, NodeHealth>>();
  readonly #listeners = new Map<string, Set<PeerListener>>();

  /** @param unseenBy nodes that do not learn of it */
  join(boot: string, { unseenBy = [] }: { unseenBy?: readonly string[] } = {}) {
    const others = [...this.#views.keys()];
    this.#views.set(boot, new Map());
    this.#listeners.set(boot, new Set());
    for (const other of others) {
      if (unseenBy.includes(other)) continue;
      this.tell(other, boot, "healthy");
      this.tell(boot, other, "healthy");
    }
    return {
      peers: () => [...(this.#views.get(boot) ?? [])].map(([other, health]) => ({ boot: other, health })),
      clockLagMs: () => 0,
      onPeer: (listener: PeerListener) => {
        this.#listeners.get(boot)?.add(listener);
        return () => this.#listeners.get(boot)?.delete(listener);
      },
    };
  }

  /** What one node thinks of another from now on. */
  tell(viewer: string, boot: string, to: NodeHealth): void {
    const view = this.#views.get(viewer);
    const from = view?.get(boot) ?? null;
    if (view === undefined || from === to) return;
    view.set(boot, to);
    for (const listener of this.#listeners.get(viewer) ?? []) listener({ peer: { boot }, from, to });
  }

  /** Everybody that knows it learns at once that it is gone. */
  leave(boot: string): void {
    this.#views.delete(boot);
    for (const [viewer, view] of this.#views) if (view.has(boot)) this.tell(viewer, boot, "down");
  }
}

interface RelayNodeOptions {
  clock?: Clock;
  graceMs?: number;
  messagesMax?: number;
  /** Nodes that do not learn of it when it begins. */
  unseenBy?: readonly string[];
}

export function createRelayNode(
  boot: string,
  inner: Bus,
  neighbours: Neighbours,
  { graceMs, messagesMax = 1_000, unseenBy, clock = systemClock }: RelayNodeOptions = {},
): RelayNode {
  const bus = new UnreliableBus(inner);
  const hub = new Hub();
  const gaps: BroadcastGap[] = [];
  let framesBuilt = 0;
  const relay = new Relay({
    hub,
    bus,
    boot,
    clock,
    log,
    toWireFrame: (data) => {
      framesBuilt++;
      return toFrame(data);
    },
    historyOf: () => ({ windowMs: 120_000, messagesMax }),
    peers: neighbours.join(boot, { unseenBy }),
    onGap: (gap) => gaps.push(gap),
    graceMs,
  });
  return {
    boot,
    bus,
    hub,
    relay,
    gaps,
    framesBuilt: () => framesBuilt,
    say(content, { sender, self = true, id, room = ROOM } = {}) {
      return relay.publish(room, text(content, id), { sender, self, acceptedAtMs: Date.now() }).position;
    },
    async [Symbol.asyncDispose]() {
      neighbours.leave(boot);
      relay.close();
      await bus.close();
    },
  };
}
