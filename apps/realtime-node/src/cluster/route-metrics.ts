import type { RouteView } from "@tidewire/protocol/cluster/inspect";
import { Gauge, type Registry } from "prom-client";

/** Exposes the round trips of the last minute; the numbers are read when Prometheus asks. */
export function exposeRoutes(registry: Registry, view: () => RouteView): void {
  const registers = [registry];
  new Gauge({
    name: "tidewire_route_rtt_ms",
    help: "Round trip to another node over the bus, of the last minute",
    labelNames: ["peer", "peer_region", "quantile"],
    registers,
    collect() {
      this.reset();
      for (const { node, region, p50Ms, p99Ms } of view().peers) {
        this.set({ peer: node, peer_region: region, quantile: "0.5" }, p50Ms);
        this.set({ peer: node, peer_region: region, quantile: "0.99" }, p99Ms);
      }
    },
  });
  new Gauge({
    name: "tidewire_route_database_rtt_ms",
    help: "Median round trip from this node to the database of a project, of the last minute",
    labelNames: ["tenant"],
    registers,
    collect() {
      this.reset();
      for (const { ref, p50Ms } of view().databases) this.set({ tenant: ref }, p50Ms);
    },
  });
  new Gauge({
    name: "tidewire_misroutes",
    help: "Clients and projects served from this region although another has been 30 ms better for a minute",
    labelNames: ["kind", "better_region"],
    registers,
    collect() {
      this.reset();
      for (const { kind, betterRegion } of view().misroutes) this.inc({ kind, better_region: betterRegion });
    },
  });
}
