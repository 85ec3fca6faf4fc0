import type { ProjectCounters } from "@tidewire/protocol/cluster/inspect";
import { Counter, Gauge, type Registry } from "prom-client";
import type { Project } from "./project.ts";

/** Supabase's name, with `tenant` and as a sum over all tenants (protocol 10), or ours where it has none. */
const COUNTERS = [
  ["joins", "realtime_channel_joins", "realtime_channel_global_joins", "Joined channels"],
  ["messagesIn", "realtime_channel_events", "realtime_channel_global_events", "Broadcasts accepted"],
  [
    "presenceEvents",
    "realtime_channel_presence_events",
    "realtime_channel_global_presence_events",
    "Presence events accepted and delivered",
  ],
  ["changes", "realtime_channel_db_events", "realtime_channel_global_db_events", "Row changes delivered"],
  [
    "bytesIn",
    "realtime_channel_input_bytes",
    "realtime_channel_global_input_bytes",
    "Bytes received from clients",
  ],
  [
    "bytesOut",
    "realtime_channel_output_bytes",
    "realtime_channel_global_output_bytes",
    "Bytes sent to clients",
  ],
  ["deliveries", "tidewire_deliveries", "tidewire_global_deliveries", "Messages handed to sockets"],
  ["joinsRefused", "tidewire_joins_refused", "tidewire_global_joins_refused", "Joins that were refused"],
  [
    "evictions",
    "tidewire_evictions",
    "tidewire_global_evictions",
    "Sockets closed because they were silent or slow",
  ],
] as const satisfies readonly (readonly [keyof ProjectCounters, string, string, string])[];

interface Sources {
  registry: Registry;
  projects: () => Iterable<Project>;
  /** Connected users on the other nodes. */
  usersElsewhere: (ref: string) => number;
}

/** Exposes every known project's counters; they are read when Prometheus asks, so the hot paths pay nothing. */
export function exposeProjects({ registry, projects, usersElsewhere }: Sources): void {
  const registers = [registry];
  for (const [field, name, globalName, help] of COUNTERS) {
    new Counter({
      name,
      help,
      labelNames: ["tenant"],
      registers,
      collect() {
        this.reset();
        for (const { ref, counters } of projects()) this.inc({ tenant: ref }, counters[field]);
      },
    });
    new Counter({
      name: globalName,
      help: `${help}, all tenants`,
      registers,
      collect() {
        this.reset();
        for (const { counters } of projects()) this.inc(counters[field]);
      },
    });
  }
  exposeConnections({ registry, projects, usersElsewhere });
}

function exposeConnections({ registry, projects, usersElsewhere }: Sources): void {
  const registers = [registry];
  new Gauge({
    name: "realtime_connections_connected",
    help: "Open sockets on this node",
    labelNames: ["tenant"],
    registers,
    collect() {
      this.reset();
      for (const { ref, counters } of projects()) this.set({ tenant: ref }, counters.connections);
    },
  });
  new Gauge({
    name: "realtime_connections_connected_cluster",
    help: "Open sockets on this node plus users on the other nodes it hears",
    labelNames: ["tenant"],
    registers,
    collect() {
      this.reset();
      for (const { ref, counters } of projects()) {
        this.set({ tenant: ref }, counters.connections + usersElsewhere(ref));
      }
    },
  });
  new Gauge({
    name: "realtime_connections_global_connected",
    help: "Open sockets on this node, all tenants",
    registers,
    collect() {
      let connections = 0;
      for (const project of projects()) connections += project.counters.connections;
      this.set(connections);
    },
  });
  new Gauge({
    name: "realtime_connections_global_connected_cluster",
    help: "Open sockets on this node plus users on the other nodes it hears, all tenants",
    registers,
    collect() {
      let connections = 0;
      for (const { ref, counters } of projects()) connections += counters.connections + usersElsewhere(ref);
      this.set(connections);
    },
  });
  new Counter({
    name: "phoenix_channel_joined_total",
    help: "Answered joins",
    labelNames: ["result", "transport"],
    registers,
    collect() {
      this.reset();
      for (const { counters } of projects()) {
        this.inc({ result: "ok", transport: "websocket" }, counters.joins);
        this.inc({ result: "error", transport: "websocket" }, counters.joinsRefused);
      }
    },
  });
  new Gauge({
    name: "realtime_tenants_connected",
    help: "Tenants with at least one open socket on this node",
    registers,
    collect() {
      this.set([...projects()].filter((project) => project.counters.connections > 0).length);
    },
  });
}
