import { createNodeStore, type NodeStore } from "@tidewire/db/node-store";
import { parseSecretsKey } from "@tidewire/db/secrets";
import type { Bus } from "../bus/bus.ts";
import { MemoryBroker, MemoryBus } from "../bus/memory-bus.ts";
import { connectNatsBus } from "../bus/nats-bus.ts";
import type { Clock } from "../clock.ts";
import { createIdentity, type Identity } from "../cluster/identity.ts";
import { Membership } from "../cluster/membership.ts";
import { Users } from "../cluster/users.ts";
import type { NodeEnv } from "../env.ts";
import { EventLoopDelay } from "../event-loop.ts";
import { Tap } from "../inspect/tap.ts";
import type { Log } from "../log.ts";
import { exposeMachine } from "../machine-metrics.ts";
import { Metrics } from "../metrics.ts";
import { LastKnownGood } from "../projects/last-known-good.ts";
import { exposeProjects } from "../projects/project-metrics.ts";
import { ProjectRegistry } from "../projects/registry.ts";

/** Long enough for a healthy database to confirm what the last run knew, short enough not to matter when it is away. */
const CONFIRM_MS_MAX = 3_000;

/** What every other part of a node stands on. */
export interface Core {
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Identity;
  readonly metrics: Metrics;
  readonly eventLoop: EventLoopDelay;
  readonly store: NodeStore;
  readonly registry: ProjectRegistry;
  readonly bus: Bus;
  readonly membership: Membership;
  readonly users: Users;
  readonly tap: Tap;
}

interface Given {
  clock: Clock;
  log: Log;
  /** Default: NATS when the environment names it, else a bus of this process alone. The node closes it. */
  bus: Bus | undefined;
}

/** Connects to the bus and reads the configuration. @throws when the bus is not there; a missing database is no error */
export async function createCore(env: NodeEnv, { clock, log, bus: givenBus }: Given): Promise<Core> {
  const identity = createIdentity(env, clock.nowMs());
  const bus = givenBus ?? (await openBus(env, log));
  const secretsKey = parseSecretsKey(env.secretsKey);
  const store = createNodeStore({ url: env.controlDatabaseUrl, secretsKey });
  const registry = new ProjectRegistry({
    store,
    lastKnownGood: new LastKnownGood({
      stateDir: env.stateDir,
      key: secretsKey,
      onFault: (err) => log.warn({ err }, "the configuration could not be kept for the next start"),
    }),
    clock,
    log,
  });
  const membership = new Membership({ identity, bus, clock, log });
  const usersElsewhere = (ref: string) => membership.usersElsewhere(ref);
  const eventLoop = new EventLoopDelay(clock);
  const metrics = new Metrics({ node: identity.node, region: identity.region });
  exposeProjects({ registry: metrics.registry, projects: () => registry.known(), usersElsewhere });
  exposeMachine(metrics.registry);
  metrics.watchProcess(() => ({
    eventLoop: eventLoop.lastWindow(),
    controlDatabaseOk: store.status().ok,
    peers: countByHealth(membership),
  }));
  await registry.start({ patienceMs: CONFIRM_MS_MAX });
  return {
    clock,
    log,
    identity,
    metrics,
    eventLoop,
    store,
    registry,
    bus,
    membership,
    users: new Users(usersElsewhere),
    tap: new Tap({ node: identity.node, boot: identity.boot, nowMs: () => clock.nowMs() }),
  };
}

/** After everything that uses it. */
export async function closeCore({ registry, bus, membership, store, eventLoop, tap }: Core): Promise<void> {
  tap.close();
  membership.close();
  eventLoop.close();
  await bus.close();
  await store.close();
  await registry.close();
}

function openBus({ natsUrl, natsAccess, nodeId }: NodeEnv, log: Log): Promise<Bus> | Bus {
  if (natsUrl !== undefined) return connectNatsBus({ url: natsUrl, name: nodeId, access: natsAccess }, log);
  return new MemoryBus(new MemoryBroker());
}

function countByHealth(membership: Membership): Record<string, number> {
  const counts: Record<string, number> = { healthy: 0, suspect: 0, draining: 0, down: 0 };
  for (const { health } of membership.peers()) counts[health] = (counts[health] ?? 0) + 1;
  return counts;
}
