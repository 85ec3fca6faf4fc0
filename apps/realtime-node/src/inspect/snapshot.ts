import type { StoreStatus } from "@tidewire/db/node-store";
import type {
  NodeSnapshot,
  PresenceSnapshot,
  ProjectSnapshot,
  ReplicationSnapshot,
  RouteView,
} from "@tidewire/protocol/cluster/inspect";
import type { Identity } from "../cluster/identity.ts";
import type { EventLoopWindow } from "../event-loop.ts";
import type { NodeState } from "../lifecycle.ts";
import type { Project } from "../projects/project.ts";
import type { Connections, SocketEvidence } from "../socket/connections.ts";
import type { NodeViews } from "./views.ts";

/** Read-only faces of the node's parts, and what an operator may ask of them. */
export interface ViewSources extends Pick<NodeViews, "tap" | "drain" | "forget" | "shutdown" | "reload"> {
  identity: Identity;
  state(): NodeState;
  nowMs(): number;
  projects: { known(): Iterable<Project>; peek(ref: string): Project | undefined };
  connections: Pick<Connections, "size" | "info" | "kick" | "evict" | "evidence">;
  presence: {
    snapshot(
      ref: string,
      evidenceOf: (connection: string) => SocketEvidence | undefined,
      topic?: string,
    ): PresenceSnapshot;
    channelOf(ref: string, phxRef: string): { channelId: string; connectionId: string } | undefined;
  };
  homes: { snapshot(ref: string): ReplicationSnapshot | null };
  controlDatabase(): StoreStatus;
  eventLoop: { lastWindow(): EventLoopWindow };
  routes: { view(): RouteView };
}

export function createViews(sources: ViewSources): NodeViews {
  const { identity, projects, connections, presence, homes, tap, drain, forget, shutdown, reload } = sources;
  return {
    snapshot: () => toNodeSnapshot(sources),
    project: (ref) => toProjectSnapshot(sources, projects.peek(ref)),
    presence: (ref, topic) => presence.snapshot(ref, (id) => connections.evidence(id), topic),
    replication: (ref) => homes.snapshot(ref),
    connections: (ref) => connections.info(ref),
    tap,
    drain,
    kick: (connection) => connections.kick(connection),
    evict({ ref, phxRef }) {
      const holder = presence.channelOf(ref, phxRef);
      return holder !== undefined && connections.evict(holder.connectionId, holder.channelId);
    },
    forget,
    shutdown,
    reload,
  };

  function toProjectSnapshot({ nowMs }: ViewSources, project: Project | undefined): ProjectSnapshot | null {
    if (project === undefined) return null;
    const { node, region } = identity;
    return { node, region, atMs: nowMs(), counters: { ...project.counters } };
  }
}

function toNodeSnapshot(sources: ViewSources): NodeSnapshot {
  const { node, boot, region, version, startedAtMs } = sources.identity;
  const { rss, heapUsed } = process.memoryUsage();
  const state = sources.state();
  const refs = [...sources.projects.known()].map(({ ref }) => ref);
  return {
    node,
    boot,
    region,
    version,
    pid: process.pid,
    startedAtMs,
    state: state === "gone" ? "draining" : state,
    connections: sources.connections.size,
    projects: refs,
    homes: refs.filter((ref) => sources.homes.snapshot(ref) !== null),
    eventLoopP99Ms: sources.eventLoop.lastWindow().p99Ms,
    heapBytes: heapUsed,
    rssBytes: rss,
    controlDatabase: sources.controlDatabase(),
    routes: sources.routes.view(),
  };
}
