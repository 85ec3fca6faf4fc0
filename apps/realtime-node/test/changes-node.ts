import type { Gap } from "@tidewire/db/node-store";
import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Room } from "@tidewire/protocol/cluster/fanout";
import type { BindingSpec } from "@tidewire/protocol/cluster/home";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import type { Broadcast } from "@tidewire/protocol/supabase/broadcast";
import type { SystemPayload } from "@tidewire/protocol/supabase/system";
import { eventually } from "@tidewire/testkit/eventually";
import type { ProjectDatabase } from "@tidewire/testkit/project-database";
import type { Bus } from "../src/bus/bus.ts";
import { MemoryBroker, MemoryBus } from "../src/bus/memory-bus.ts";
import { Bindings, type ChangesSubscriber } from "../src/changes/bindings.ts";
import { type Clock, systemClock } from "../src/clock.ts";
import { HomeClient } from "../src/home/home-client.ts";
import { Homes } from "../src/home/homes.ts";
import { createLog } from "../src/log.ts";
import { createProject, type Project } from "../src/projects/project.ts";

/** The database side of a node on its own: homes, questions to homes, bindings; several may share a broker. */
export interface ChangesNode extends AsyncDisposable {
  readonly name: string;
  readonly project: Project;
  readonly bus: Bus;
  readonly homes: Homes;
  readonly client: HomeClient;
  readonly bindings: Bindings;
  /** Broadcasts that came out of the database while this node was the home. */
  readonly broadcasts: { room: Room; broadcast: Broadcast }[];
  /** What this node wrote down as lost. */
  readonly gaps: Gap[];
  /** Projects with a channel here. */
  readonly inUse: Set<string>;
  listen(bindings: Partial<BindingSpec>[], claims?: Record<string, unknown>): Listener;
  /** Hands its homes over. */
  close(): Promise<void>;
}

interface Options {
  name?: string;
  broker?: MemoryBroker;
  /** Instead of one on the broker. */
  bus?: Bus;
  databaseUrl?: string;
  settings?: Partial<ProjectSettings>;
  limits?: Partial<ProjectLimits>;
  clock?: Clock;
  nearness?: ConstructorParameters<typeof Homes>[0]["nearness"];
}

export function startChangesNode(database: ProjectDatabase, options: Options = {}): ChangesNode {
  const { name = "n1", broker = new MemoryBroker(), clock = systemClock } = options;
  const log = createLog({ level: logLevel(), fields: { node: name } });
  const life = { node: name, boot: `${Date.now()}${Math.floor(Math.random() * 1e6)}` };
  const bus = options.bus ?? new MemoryBus(broker);
  const project = toProject(database, options);
  const registry = {
    find: async (ref: string) => (ref === project.ref ? project : undefined),
    peek: (ref: string) => (ref === project.ref ? project : undefined),
    onChanged: () => () => undefined,
    onRemoved: () => () => undefined,
  };
  const broadcasts: ChangesNode["broadcasts"] = [];
  const gaps: Gap[] = [];
  const inUse = new Set<string>();
  const homes: Homes = new Homes({
    bus,
    ...life,
    region: "local",
    registry,
    clock,
    log,
    ledger: { record: (gap) => gaps.push(gap) },
    broadcasts: { publish: (room, broadcast) => broadcasts.push({ room, broadcast }) },
    grantsFreshMs: 3_000,
    refsInUse: () => inUse,
    nearness: options.nearness,
    socketLag: (ref) => bindings.socketLag(ref),
  });
  const client = new HomeClient({ bus, clock, homes });
  const bindings: Bindings = new Bindings({ bus, client, life, clock, log });
  const close = async () => {
    await homes.close();
    bindings.close();
    await bus.close();
  };
  return {
    name,
    project,
    bus,
    homes,
    client,
    bindings,
    broadcasts,
    gaps,
    inUse,
    listen(specs, claims = { role: "authenticated" }) {
      inUse.add(project.ref);
      return new Listener(bindings, project.ref, specs.map(toSpec), claims);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

let listeners = 0;

/** A channel without a socket: keeps what it is told. */
export class Listener implements ChangesSubscriber {
  readonly channelId = `c${++listeners}`;
  readonly topic = "test";
  readonly ref: string;
  readonly changes: { ids: readonly number[]; data: ChangeData; text: string; envelope: ChangeEnvelope }[] =
    [];
  readonly systems: SystemPayload[] = [];
  /** Resolves as `Bindings.subscribe` does. */
  subscribed: Promise<{ lsn: string }>;
  readonly #bindings: Bindings;
  readonly #specs: BindingSpec[];

  constructor(bindings: Bindings, ref: string, specs: BindingSpec[], claims: Record<string, unknown>) {
    this.ref = ref;
    this.#bindings = bindings;
    this.#specs = specs;
    this.subscribed = this.#subscribe(claims);
  }

  renew(claims: Record<string, unknown>): Promise<{ lsn: string }> {
    this.subscribed = this.#subscribe(claims);
    return this.subscribed;
  }

  leave(): void {
    this.#bindings.unsubscribe(this.channelId);
  }

  deliver(ids: readonly number[], changes: readonly ChangeEnvelope[]): void {
    for (const envelope of changes) {
      const text = Buffer.from(envelope.data).toString();
      this.changes.push({ ids, data: JSON.parse(text), text, envelope });
    }
  }

  system(payload: SystemPayload): void {
    this.systems.push(payload);
  }

  /** The values of one column of all records so far. */
  column(name: string): unknown[] {
    return this.changes.map(({ data }) => (data.record ?? data.old_record)?.[name]);
  }

  /** Waits until exactly `count` changes have arrived. */
  async got(count: number, withinMs = 20_000): Promise<Listener["changes"]> {
    await eventually(
      () => {
        if (this.changes.length >= count) return;
        const got = this.changes.map(({ data }) => `${data.type}@${data.lsn}`);
        throw new Error(
          `got ${got.join(", ") || "nothing"} of ${count}, told ${JSON.stringify(this.systems)}`,
        );
      },
      { withinMs },
    );
    if (this.changes.length > count) throw new Error(`${this.changes.length} changes instead of ${count}`);
    return this.changes;
  }

  async told(message: RegExp, withinMs = 20_000): Promise<SystemPayload> {
    return eventually(
      () => {
        const found = this.systems.find((payload) => message.test(payload.message));
        if (found === undefined) throw new Error(`told only ${JSON.stringify(this.systems)}`);
        return found;
      },
      { withinMs },
    );
  }

  #subscribe(claims: Record<string, unknown>): Promise<{ lsn: string }> {
    const bindings = this.#specs.map((spec, index) => ({ id: index + 1, spec }));
    const subscribed = this.#bindings.subscribe(this, bindings, claims);
    subscribed.catch(() => undefined);
    return subscribed;
  }
}

export interface ChangeData {
  schema: string;
  table: string;
  type: string;
  commit_timestamp: string | null;
  columns: { name: string; type: string }[];
  record?: Record<string, unknown>;
  old_record?: Record<string, unknown>;
  errors: string[] | null;
  lsn: string;
}

function toSpec(spec: Partial<BindingSpec>): BindingSpec {
  return { event: "*", schema: "public", table: "*", ...spec };
}

function toProject({ ref, databaseUrl, jwtSecret }: ProjectDatabase, options: Options): Project {
  return createProject(
    {
      ref,
      name: "Test",
      region: "local",
      databaseUrl: options.databaseUrl ?? databaseUrl,
      jwtSecret,
      jwks: null,
      limits: ProjectLimits.parse(options.limits ?? {}),
      settings: ProjectSettings.parse(options.settings ?? {}),
      keys: [],
      version: 1,
    },
    () => performance.now(),
  );
}

function logLevel() {
  return process.env.TEST_LOG === undefined ? ("silent" as const) : ("debug" as const);
}
