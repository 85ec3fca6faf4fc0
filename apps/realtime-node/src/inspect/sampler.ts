import type { NodeStore, Sample } from "@tidewire/db/node-store";
import { COUNTER_NAMES, type SampleName } from "@tidewire/db/sample-names";
import type { ProjectCounters, ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";

const PERIOD_MS = 5_000;
/** About an hour of one busy project while the control database is away; beyond it the oldest are given up. */
const BUFFER_MAX = 20_000;
const WRITE_MAX = 2_000;

/** One project at the instant of sampling. */
export interface ProjectReading {
  ref: string;
  counters: Readonly<ProjectCounters>;
  /** Present when this node is the project's home. */
  replication: ReplicationSnapshot | null;
}

export interface NodeReading {
  eventLoopP99Ms: number;
  heapBytes: number;
  rssBytes: number;
}

type Values = [SampleName, number][];

/** What a project's sample holds: how much its counters grew since `before`, and its gauges as they stand. */
export function toProjectValues(
  reading: ProjectReading,
  before: Readonly<ProjectCounters> | undefined,
): Values {
  const { counters, replication } = reading;
  const values: Values = COUNTER_NAMES.map((name) => [name, counters[name] - (before?.[name] ?? 0)]);
  values.push(["connections", counters.connections], ["channels", counters.channels]);
  return replication === null ? values : values.concat(toReplicationValues(replication));
}

function toReplicationValues({
  lagMs,
  lagBytes,
  retainedBytes,
  pool,
  stages,
  total,
}: ReplicationSnapshot): Values {
  const values: Values = [
    ["poolInUse", pool.inUse],
    ["poolQueued", pool.queued],
  ];
  if (lagMs !== undefined) values.push(["lagMs", lagMs]);
  if (lagBytes !== undefined) values.push(["lagBytes", lagBytes]);
  if (retainedBytes !== undefined) values.push(["retainedBytes", retainedBytes]);
  for (const [stage, { p50, p95, p99, count }] of Object.entries({ ...stages, total })) {
    if (count === 0) continue;
    const name = (percentile: string) => `stage.${stage}.${percentile}` as SampleName;
    values.push([name("p50"), p50], [name("p95"), p95], [name("p99"), p99]);
  }
  return values;
}

/** A project that did nothing and holds nothing is not worth a row every five seconds. */
function isIdle({ counters, replication }: ProjectReading, values: Values): boolean {
  const grew = values.some(
    ([name, value]) => COUNTER_NAMES.some((counter) => counter === name) && value !== 0,
  );
  return replication === null && !grew && counters.connections === 0 && counters.channels === 0;
}

interface Options {
  node: string;
  store: Pick<NodeStore, "writeSamples">;
  readProjects: () => Iterable<ProjectReading> | Promise<Iterable<ProjectReading>>;
  readNode: () => NodeReading;
  clock: Clock;
  log: Log;
}

/** Writes the graphs' points to the control database and keeps them while it is away. The owner closes it. */
export class Sampler {
  readonly #options: Options;
  readonly #timer: Timer;
  readonly #before = new Map<string, ProjectCounters>();
  #buffer: Sample[] = [];
  #running: Promise<void> | undefined;
  #lost = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#timer = options.clock.every(PERIOD_MS, () => {
      this.#running ??= this.#sample().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#timer.stop();
    await this.#running;
    await this.#sample();
  }

  async #sample(): Promise<void> {
    try {
      await this.#take();
      await this.#write();
    } catch (err) {
      this.#options.log.warn(
        { err, waiting: this.#buffer.length, lost: this.#lost },
        "samples wait for the control database",
      );
    }
  }

  async #take(): Promise<void> {
    const { node, readProjects, readNode, clock } = this.#options;
    const atMs = clock.nowMs();
    const add = (ref: string | null, values: Values) => {
      for (const [name, value] of values) this.#buffer.push({ ref, node, name, atMs, value });
    };
    const { eventLoopP99Ms, heapBytes, rssBytes } = readNode();
    add(null, [
      ["eventLoopP99Ms", eventLoopP99Ms],
      ["heapBytes", heapBytes],
      ["rssBytes", rssBytes],
    ]);
    const known = new Set<string>();
    for (const reading of await readProjects()) {
      known.add(reading.ref);
      const values = toProjectValues(reading, this.#before.get(reading.ref));
      this.#before.set(reading.ref, { ...reading.counters });
      if (!isIdle(reading, values)) add(reading.ref, values);
    }
    for (const ref of this.#before.keys()) if (!known.has(ref)) this.#before.delete(ref);
    const excess = this.#buffer.length - BUFFER_MAX;
    if (excess > 0) {
      this.#lost += excess;
      this.#buffer.splice(0, excess);
    }
  }

  async #write(): Promise<void> {
    while (this.#buffer.length > 0) {
      const batch = this.#buffer.slice(0, WRITE_MAX);
      await this.#options.store.writeSamples(batch);
      this.#buffer.splice(0, batch.length);
    }
  }
}
