import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import { Bindings } from "../changes/bindings.ts";
import type { Routes } from "../cluster/routes.ts";
import type { NodeEnv } from "../env.ts";
import { GapLedger } from "../home/gap-ledger.ts";
import { HomeClient } from "../home/home-client.ts";
import { HomeMetrics } from "../home/home-metrics.ts";
import { Homes } from "../home/homes.ts";
import { exposeHomes } from "../home/homes-gauges.ts";
import { standoffMs } from "../home/standoff.ts";
import type { Core } from "./core.ts";
import type { Rooms } from "./rooms.ts";

/** A database that takes longer to connect to is not near, whatever the rest of it takes. */
const MEASURE_MS_MAX = 250;

/** What concerns the projects' databases: homes on this node, questions to homes anywhere, row changes for channels. */
export interface DatabaseSide {
  readonly homes: Homes;
  readonly home: HomeClient;
  readonly bindings: Bindings;
  /** Hands every home over; nothing can be asked through this node afterwards. */
  close(): Promise<void>;
}

export function createDatabaseSide(
  core: Core,
  { relay }: Pick<Rooms, "relay">,
  routes: Routes,
  { grantsFreshMs }: Pick<NodeEnv, "grantsFreshMs">,
): DatabaseSide {
  const { bus, clock, log, identity, registry, users } = core;
  const meter = new HomeMetrics(core.metrics.registry);
  const ledger = new GapLedger({ store: core.store, clock, log });
  // Each is told of the other only through these closures, which nobody calls before both exist.
  const homes: Homes = new Homes({
    bus,
    ...identity,
    registry,
    clock,
    log,
    broadcasts: {
      publish(room, broadcast, times) {
        publishFromDatabase(core, relay, room, broadcast);
        meter.broadcast(room.ref, times, clock.nowMs());
      },
    },
    meter,
    ledger,
    grantsFreshMs,
    refsInUse: () => users.refs(),
    nearness: {
      standOff: (ref) => standOff(core, routes, ref),
      isMisrouted: (ref) => routes.projects.isMisrouted(ref),
      candidacies: () => routes.projects.candidacies(),
    },
    socketLag: (ref) => bindings.socketLag(ref),
  });
  exposeHomes(core.metrics.registry, homes);
  const home = new HomeClient({ bus, clock, homes });
  const bindings: Bindings = new Bindings({
    bus,
    client: home,
    life: identity,
    clock,
    log,
    onDelivered: (ref, envelope, recipients) => noteChange(core, ref, envelope, recipients),
  });
  return {
    homes,
    home,
    bindings,
    async close() {
      await homes.close();
      bindings.close();
      await ledger.close();
    },
  };
}

/** Waits for its turn in an election: the node nearest to the database goes first. */
async function standOff({ membership, clock }: Core, routes: Routes, ref: string): Promise<void> {
  const rivals = membership.peers().filter(({ health }) => health === "healthy").length;
  if (rivals === 0) return;
  const waitMs = standoffMs(await routes.projects.rttMs(ref, MEASURE_MS_MAX), rivals);
  if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
}

/** A row of `realtime.messages` (protocol 4.6). Over the limit it is delivered all the same: it was committed. */
function publishFromDatabase(
  { clock, registry, tap }: Core,
  relay: Rooms["relay"],
  room: Room,
  broadcast: Broadcast,
): void {
  const acceptedAtMs = clock.nowMs();
  const { recipients, position } = relay.publish(room, broadcast, { self: true, acceptedAtMs });
  const { ref, topic, private: isPrivate } = room;
  const project = registry.peek(ref);
  if (project !== undefined) {
    project.counters.messagesIn += 1;
    project.rates.charge("events", 1 + recipients);
  }
  if (!tap.wants(ref)) return;
  tap.emit({
    ref,
    kind: "broadcast",
    atMs: acceptedAtMs,
    topic,
    private: isPrivate,
    from: "database",
    recipients,
    position,
    ...describe(broadcast),
  });
}

function describe(broadcast: Broadcast): { event?: string; payload?: string; sizeBytes: number } {
  if (broadcast.form === "verbatim") {
    return { payload: broadcast.payloadJson, sizeBytes: Buffer.byteLength(broadcast.payloadJson) };
  }
  const { event, payload } = broadcast;
  const isText = broadcast.form === "user" && broadcast.encoding === "json";
  return {
    event,
    sizeBytes: payload.byteLength,
    ...(isText && { payload: Buffer.from(payload).toString() }),
  };
}

function noteChange(
  { clock, registry, tap, metrics }: Core,
  ref: string,
  envelope: ChangeEnvelope,
  recipients: number,
): void {
  const { kind, type, data, committedMs, receivedMs, times } = envelope;
  const project = registry.peek(ref);
  if (project !== undefined) project.counters.changes += recipients;
  metrics.payload(ref, "postgres_changes", data.length);
  if (!tap.wants(ref)) return;
  const nowMs = clock.nowMs();
  tap.emit({
    ref,
    kind: "change",
    topic: `${kind.schema}.${kind.table}`,
    event: type,
    from: "database",
    recipients,
    sizeBytes: data.length,
    payload: Buffer.from(data.buffer, data.byteOffset, data.length).toString(),
    latencyMs: nowMs - committedMs,
    times: { committedMs, receivedMs, ...times, deliveredMs: nowMs },
  });
}
