import { type Core, closeCore, createCore } from "./app/core.ts";
import { createDatabaseSide, type DatabaseSide } from "./app/database-side.ts";
import { createRooms, type Rooms } from "./app/rooms.ts";
import { createRoutes } from "./app/routes.ts";
import { Credentials } from "./auth/credentials.ts";
import { KeyUses } from "./auth/key-uses.ts";
import type { Bus } from "./bus/bus.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Heartbeat } from "./cluster/heartbeat.ts";
import type { Routes } from "./cluster/routes.ts";
import { within } from "./deadline.ts";
import type { NodeEnv } from "./env.ts";
import { openPublicServer, type PublicServer } from "./http/public-server.ts";
import { asPrivate, createHttpApp } from "./http/server.ts";
import { type AdminServer, openAdminServer } from "./inspect/admin-server.ts";
import { Sampler } from "./inspect/sampler.ts";
import { createViews } from "./inspect/snapshot.ts";
import { mayMove, type NodeState } from "./lifecycle.ts";
import { createLog, type Log } from "./log.ts";
import { mustReconnect } from "./projects/limits.ts";
import type { ProjectRegistry } from "./projects/registry.ts";
import { exposeConnectionCounts } from "./socket/connection-metrics.ts";
import { createListener, type Listener } from "./socket/listener.ts";

/** Leaves of presence and last broadcasts must reach the other nodes, but a bus that is away must not hold up the end. */
const FLUSH_MS_MAX = 2_000;
/** Graphs may miss their last point; the end may not wait for a database that is away. */
const LAST_WORDS_MS_MAX = 2_000;

export interface NodeDeps {
  log?: Log;
  clock?: Clock;
  /** For nodes that share a process; the node closes it. */
  bus?: Bus;
  /** Ends the process; asked for by the dashboard, or when a later life of this node exists. Default: only a drain. */
  leave?: (why: string) => void;
}

export interface RunningNode extends AsyncDisposable {
  /** What clients and the dashboard are told. */
  readonly url: string;
  readonly adminUrl: string;
  readonly projects: Pick<ProjectRegistry, "peek">;
  /** Clients are sent elsewhere; resolves when they are gone and their leaves have been told. */
  drain(): Promise<void>;
  /** Ends everything at once; after a drain there is nobody left to notice. */
  close(): Promise<void>;
}

/**
 * Builds a node and opens its ports. Nothing outside this file and `app/` knows how the parts fit together.
 *
 * @throws when the bus is not there or a port is taken; nothing is left behind then
 */
export async function createNode(env: NodeEnv, deps: NodeDeps = {}): Promise<RunningNode> {
  const { clock = systemClock } = deps;
  const log =
    deps.log ?? createLog({ level: env.logLevel, fields: { node: env.nodeId, region: env.region } });
  const node = new Node(env, await createCore(env, { clock, log, bus: deps.bus }), deps.leave);
  try {
    await node.open();
  } catch (error) {
    await node.close();
    throw error;
  }
  return node;
}

class Node implements RunningNode {
  readonly #env: NodeEnv;
  readonly #core: Core;
  readonly #leave: (why: string) => void;
  readonly #rooms: Rooms;
  readonly #routes: Routes;
  readonly #database: DatabaseSide;
  readonly #keyUses: KeyUses;
  readonly #credentials: Credentials;
  readonly #listener: Listener;
  #publicServer: PublicServer | undefined;
  #adminServer: AdminServer | undefined;
  #heartbeat: Heartbeat | undefined;
  #sampler: Sampler | undefined;
  #state: NodeState = "starting";
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(env: NodeEnv, core: Core, leave: NodeDeps["leave"]) {
    this.#env = env;
    this.#core = core;
    this.#leave = leave ?? (() => void this.drain());
    this.#rooms = createRooms(core);
    this.#routes = createRoutes(core, () => this.#database.homes.refs);
    this.#database = createDatabaseSide(core, this.#rooms, this.#routes, env);
    this.#keyUses = new KeyUses(core);
    this.#credentials = new Credentials(
      () => core.clock.nowMs(),
      (hash) => this.#keyUses.note(hash),
    );
    this.#listener = createListener({
      node: core.identity.node,
      clock: core.clock,
      proxies: env.trustedProxies,
      projects: core.registry,
      credentials: this.#credentials,
      seats: core.users,
      tap: core.tap,
      metrics: core.metrics,
      log: core.log,
      ...this.#rooms,
      ...this.#database,
    });
    core.registry.onChanged((project, previous) => {
      if (previous !== null && mustReconnect(previous, project.record)) {
        this.#listener.connections.disconnect(project.ref);
      }
    });
    core.registry.onRemoved(({ ref }) => void this.#forget(ref));
  }

  get url(): string {
    return this.#env.publicUrl ?? this.#publicServer?.url ?? "";
  }

  get adminUrl(): string {
    return this.#env.adminUrl ?? this.#adminServer?.url ?? "";
  }

  get projects(): Pick<ProjectRegistry, "peek"> {
    return this.#core.registry;
  }

  /** Clients may come as soon as the public port is open, so that comes last but for the announcement. */
  async open(): Promise<void> {
    const { host, port, adminHost, adminPort, nodeSecret } = this.#env;
    const { log, metrics } = this.#core;
    const views = this.#createViews();
    const app = this.#createApp();
    const admin = { host: adminHost, port: adminPort, nodeSecret, views, app: asPrivate(app), log };
    this.#adminServer = await openAdminServer(admin);
    this.#publicServer = await openPublicServer({
      host,
      port,
      app,
      sockets: this.#listener,
    });
    exposeConnectionCounts(metrics.registry, {
      active: () => this.#listener.connections.size,
      total: async () => (await this.#publicServer?.countConnections()) ?? 0,
    });
    this.#sampler = this.#createSampler();
    this.#heartbeat = this.#createHeartbeat();
    this.#moveTo("ready");
    this.#heartbeat.start();
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #drain(): Promise<void> {
    this.#moveTo("draining");
    const { bus, clock, log } = this.#core;
    void this.#heartbeat?.announce("draining");
    await this.#listener.drain(this.#env.drainMs);
    await Promise.all([this.#rooms.relay.bequeath(), this.#rooms.presence.handedOver()]);
    this.#rooms.presence.flush();
    await within("the last flush of the bus", bus.flush(), { timeoutMs: FLUSH_MS_MAX, clock }).catch(
      (err: unknown) => log.warn({ err }, "other nodes may learn of the leaves only when the lease ends"),
    );
    await this.#database.close();
  }

  async #close(): Promise<void> {
    this.#moveTo("gone");
    // A server is closed only when its upgraded sockets are gone too.
    const serverClosed = this.#publicServer?.close();
    this.#listener.close();
    await serverClosed;
    await this.#database.close();
    this.#routes.close();
    this.#rooms.close();
    await this.#writeLastWords();
    await this.#heartbeat?.stop();
    await this.#adminServer?.close();
    await closeCore(this.#core);
  }

  async #writeLastWords(): Promise<void> {
    const { clock, log } = this.#core;
    const written = Promise.all([this.#sampler?.close(), this.#keyUses.close()]);
    await within("the last words", written, { timeoutMs: LAST_WORDS_MS_MAX, clock }).catch((err: unknown) =>
      log.warn({ err }, "the last samples are lost"),
    );
  }

  #moveTo(state: NodeState): void {
    if (mayMove(this.#state, state)) this.#state = state;
  }

  /** The project was deleted or is not active any more. */
  async #forget(ref: string): Promise<void> {
    this.#listener.connections.disconnect(ref);
    this.#core.tap.forget(ref);
    this.#rooms.presence.forget(ref);
    await this.#database.homes
      .release(ref)
      .catch((err: unknown) =>
        this.#core.log.warn({ err, ref }, "the database of a removed project was not left clean"),
      );
  }

  #createApp() {
    const { identity, registry, metrics, clock, log, tap } = this.#core;
    return createHttpApp({
      isReady: () => this.#state === "ready" && registry.ready,
      metricsRoute: { exposition: metrics, region: this.#env.region, ...this.#env.metricsAccess },
      controlUrl: this.#env.controlUrl,
      longPolling: this.#listener,
      projects: registry,
      credentials: this.#credentials,
      metrics,
      log,
      tap,
      nowMs: () => clock.nowMs(),
      relay: this.#rooms.relay,
      home: this.#database.home,
      clientRoute: { here: identity, url: () => this.url, routes: this.#routes },
    });
  }

  #createViews() {
    const { identity, registry, clock, store, eventLoop, tap } = this.#core;
    return createViews({
      identity,
      state: () => this.#state,
      nowMs: () => clock.nowMs(),
      projects: registry,
      connections: this.#listener.connections,
      presence: this.#rooms.presence,
      homes: this.#database.homes,
      controlDatabase: () => store.status(),
      eventLoop,
      routes: this.#routes,
      tap,
      drain: () => this.#leave("asked for by the dashboard"),
      forget: (ref) => this.#forget(ref),
      shutdown: (ref) => this.#database.homes.shutdown(ref),
      reload: async (ref) => {
        this.#listener.connections.disconnect(ref);
        await this.#database.homes.shutdown(ref);
      },
    });
  }

  #createSampler(): Sampler {
    const { identity, registry, store, clock, log, eventLoop } = this.#core;
    const { homes } = this.#database;
    return new Sampler({
      node: identity.node,
      store,
      readProjects: () =>
        [...registry.known()].map(({ ref, counters }) => ({
          ref,
          counters,
          replication: homes.snapshot(ref),
        })),
      readNode() {
        const { rss, heapUsed } = process.memoryUsage();
        return { eventLoopP99Ms: eventLoop.lastWindow().p99Ms, heapBytes: heapUsed, rssBytes: rss };
      },
      clock,
      log,
    });
  }

  #createHeartbeat(): Heartbeat {
    const { identity, bus, store, membership, clock, log, users, eventLoop } = this.#core;
    return new Heartbeat({
      identity,
      urls: { url: this.url, adminUrl: this.adminUrl },
      bus,
      store,
      peers: membership,
      clock,
      log,
      vitals: () => ({
        connections: this.#listener.connections.size,
        users: users.here(),
        metrics: { rssBytes: process.memoryUsage.rss(), eventLoopP99Ms: eventLoop.lastWindow().p99Ms },
      }),
      onSuperseded: () => this.#leave("a later life of this node has taken its place"),
    });
  }
}
