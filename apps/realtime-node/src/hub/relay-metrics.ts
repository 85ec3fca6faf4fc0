import { Counter, Gauge, type Registry } from "prom-client";
import type { BusStatus } from "../bus/bus.ts";
import type { Relay } from "./relay.ts";

/** Exposes what passes between nodes; the numbers are read when Prometheus asks. */
export function exposeRelay(
  registry: Registry,
  relay: Pick<Relay, "stats">,
  bus: { status: BusStatus },
): void {
  const registers = [registry];
  const counters = [
    ["tidewire_relay_published_total", "Broadcasts accepted by this node", () => relay.stats.published],
    ["tidewire_relay_arrived_total", "Broadcasts of other nodes delivered here", () => relay.stats.arrived],
    ["tidewire_relay_gaps_total", "Gaps announced to clients", () => relay.stats.gaps],
    ["tidewire_bus_published_total", "Messages published on the bus", () => bus.status.published],
    ["tidewire_bus_received_total", "Messages received from the bus", () => bus.status.received],
    ["tidewire_bus_lost_total", "Messages refused at a bound of the bus", () => bus.status.lost],
  ] as const;
  for (const [name, help, read] of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
  const gauges = [
    ["tidewire_relay_rooms", "Rooms this node carries something of", () => relay.stats.rooms],
    ["tidewire_history_bytes", "Memory of the broadcast history", () => relay.stats.historyBytes],
    ["tidewire_bus_pending_bytes", "Bytes the bus has not confirmed", () => bus.status.pendingBytes],
    ["tidewire_bus_up", "1 while the bus is connected", () => Number(bus.status.state === "connected")],
  ] as const;
  for (const [name, help, read] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}

/**
 * Whether broadcasts of other nodes found anybody here, under Supabase's names: many misses say that interest is known
 * too coarsely. Returns what the relay tells of each.
 */
export function exposeDeliveries(registry: Registry): (ref: string, recipients: number) => void {
  const registers = [registry];
  const perTenant = new Counter({
    name: "realtime_broadcast_fanout_node_delivery_total",
    help: "Broadcasts of other nodes that arrived here, by whether anybody was there to hear them",
    labelNames: ["tenant", "hit"],
    registers,
  });
  const all = new Counter({
    name: "realtime_broadcast_global_fanout_node_delivery_total",
    help: "Broadcasts of other nodes that arrived here, all tenants",
    labelNames: ["hit"],
    registers,
  });
  return (ref, recipients) => {
    const hit = String(recipients > 0);
    perTenant.inc({ tenant: ref, hit });
    all.inc({ hit });
  };
}
