import { Hub } from "../hub/hub.ts";
import { Relay } from "../hub/relay.ts";
import { exposeDeliveries, exposeRelay } from "../hub/relay-metrics.ts";
import { BroadcastTracer } from "../inspect/broadcast-tracer.ts";
import { TraceInterest } from "../inspect/trace-interest.ts";
import { Presence } from "../presence/presence.ts";
import { toWireFrame } from "../socket/wire-frame.ts";
import type { Core } from "./core.ts";

/** What happens between channels: who is where, and what they hear. */
export interface Rooms {
  readonly hub: Hub;
  readonly relay: Relay;
  readonly presence: Presence;
  close(): void;
}

/** Used for messages that are still on their way when their project is forgotten. */
const NO_HISTORY = { windowMs: 0, messagesMax: 0 };

export function createRooms({ bus, clock, log, identity, registry, membership, metrics, tap }: Core): Rooms {
  const hub = new Hub();
  const onDelivery = exposeDeliveries(metrics.registry);
  const interest = new TraceInterest({ bus, clock, tap });
  const relay = new Relay({
    hub,
    bus,
    boot: identity.boot,
    clock,
    log,
    toWireFrame,
    historyOf(ref) {
      const settings = registry.peek(ref)?.record.settings;
      if (settings === undefined) return NO_HISTORY;
      return { windowMs: settings.historyWindowMs, messagesMax: settings.historyMessagesMax };
    },
    peers: membership,
    tracer: new BroadcastTracer({ ...identity, clock, interest, tap }),
    onArrival({ room }, recipients) {
      onDelivery(room.ref, recipients);
      registry.peek(room.ref)?.rates.charge("events", recipients);
    },
    onGap({ room: { ref, topic, private: isPrivate }, origin, fromSeq, toSeq }) {
      const message = `messages ${fromSeq} to ${toSeq} of ${origin} did not arrive`;
      tap.emit({ ref, topic, private: isPrivate, kind: "system", code: "BroadcastGap", message });
    },
  });
  exposeRelay(metrics.registry, relay, bus);
  const presence = new Presence({
    self: identity,
    bus,
    clock,
    leases: membership,
    log,
    deliver(room, diff) {
      const recipients = relay.deliverFrame(room, "presence_diff", diff, "presence");
      const project = registry.peek(room.ref);
      if (project !== undefined) project.counters.presenceEvents += recipients;
    },
  });
  const stops = [
    hub.onInterest((room, interested) => {
      if (interested) presence.watch(room);
      else presence.unwatch(room);
    }),
    membership.onPeer(({ peer, from, to }) => {
      if (to === "down") presence.leaseLost(peer.boot);
      else if (from === null || from === "down") presence.leaseRenewed(peer.boot);
    }),
  ];
  return {
    hub,
    relay,
    presence,
    close() {
      for (const stop of stops) stop();
      presence.close();
      relay.close();
      interest.close();
    },
  };
}
