import type { RegisterShapes, ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import type { z } from "zod";
import type { ShapePreparation } from "../changes/prepare-shape.ts";
import { holderKey, type Missed, type NodeLife, type PreparedShape, type Shapes } from "../changes/shapes.ts";
import type { Clock } from "../clock.ts";
import { createDeferred, type Deferred } from "../deferred.ts";
import { formatLsn, type Lsn, parseLsn } from "../wal/lsn.ts";
import type { Session } from "../wal/session.ts";
import type { CatalogWatch } from "./catalog-watch.ts";
import { FormerTerms } from "./former-terms.ts";
import { Leases } from "./leases.ts";
import { PositionReader } from "./position-reader.ts";

type Request = z.infer<typeof RegisterShapes>;
type Ask = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

interface Options {
  shapes: Shapes;
  catalog: CatalogWatch;
  clock: Clock;
  ask: Ask;
  epoch(): number;
  /** What has been handed on without a registration that was last in place in the epoch `held`. */
  missed(prepared: readonly PreparedShape[], held: number | undefined): Missed | null;
  /** Null except while a home that has taken over a slot gathers. */
  backlog(): Backlog | null;
  /** The catalog may be older than the table that somebody asks for. */
  refresh(): Promise<void>;
}

/** Rows that no home has handed on, for channels that come back while a new one gathers. */
export interface Backlog {
  fromLsn: Lsn;
  sinceMs: number;
}

/**
 * How long a new epoch waits for the nodes. Those that are known to have something, or say so, are waited for; channels
 * that lost their node, after another home's end, can only be given time: at least, and until nobody has come for a while.
 */
const GATHER_KNOWN_MAX_MS = 5_000;
const GATHER_MIN_MS = 400;
const GATHER_MAX_MS = 2_000;
const GATHER_QUIET_MS = 200;

/** How much a node had registered. */
export interface Held {
  life: NodeLife;
  registrations: number;
}

/** What nodes asked for, under the lease of each node. */
export class Registrations {
  readonly former = new FormerTerms();
  readonly #options: Options;
  readonly #leases = new Leases();
  readonly #position: PositionReader;
  #arrival: Deferred<void> = createDeferred();
  #preparing = 0;
  /** Of each life of a node, what it has said that it will bring in this epoch. */
  #expected = new Map<string, Held>();
  /** Of each life of a node, registrations that wait for the catalog to be read. */
  readonly #refreshing = new Map<string, number>();

  constructor(options: Options) {
    this.#options = options;
    this.#position = new PositionReader(options.ask);
  }

  /**
   * From the answer's position on, every commit is delivered (promise P8): the shapes are in place before the position
   * is read, and what is streamed later is matched later.
   *
   * @throws Refusal with the text that clients know, or when the database is away
   */
  async register(request: Request): Promise<ShapesRegistered> {
    const { shapes, backlog, epoch } = this.#options;
    const life: NodeLife = { node: request.node, boot: request.boot };
    this.#leases.renew(life, this.#now());
    const since = request.since === undefined ? undefined : parseLsn(request.since);
    const seen = request.seen === undefined ? undefined : parseLsn(request.seen);
    this.former.note(holderKey(life), { since, seen });
    const isNew = request.bindings.some((spec) => !this.#options.catalog.preparation.hasTableFor(spec));
    if (isNew) await this.#refresh(life);
    this.#preparing++;
    try {
      const prepared = await this.#prepare(request);
      // From here to the registration nothing is awaited: what is missed, and in which epoch, is known exactly.
      const missed = this.#missedBy(life, request, prepared);
      const unseen = backlog();
      const registered = {
        shapes: shapes.register(life, request.registration, prepared, missed),
        epoch: epoch(),
        ...(unseen !== null && { backlog: { ...unseen, fromLsn: formatLsn(unseen.fromLsn) } }),
      };
      const lsn = await this.#position.read();
      if (since !== undefined) this.former.compare(since, parseLsn(lsn));
      if (missed === null) return { ...registered, lsn };
      return {
        ...registered,
        lsn,
        missed: { fromLsn: formatLsn(missed.fromLsn), toLsn: formatLsn(missed.toLsn) },
      };
    } catch (error) {
      // Asking again would not help, so it will not come again.
      if (error instanceof Refusal && error.outcome.retry !== "with-backoff") this.#expectLess(life, 1);
      throw error;
    } finally {
      this.#preparing--;
      this.#arrival.resolve();
      this.#arrival = createDeferred();
    }
  }

  release(life: NodeLife, names: readonly string[]): void {
    const { shapes } = this.#options;
    const before = shapes.heldBy(life);
    shapes.release(life, names);
    this.#expectLess(life, names.length - (before - shapes.heldBy(life)));
  }

  /**
   * @param registrations how many this life of a node has, or is about to bring
   * @returns how many of them are known here
   */
  hold(life: NodeLife, registrations: number): number {
    this.#leases.renew(life, this.#now());
    this.#expected.set(holderKey(life), { life, registrations });
    return this.#options.shapes.heldBy(life);
  }

  /** A new epoch begins: whoever has something will say so. */
  expectAnew(held: readonly Held[] = []): void {
    this.#expected = new Map(held.map((each) => [holderKey(each.life), each]));
  }

  /** Forgets nodes that have died, or live another life. */
  expire(): void {
    for (const life of this.#leases.expire(this.#now())) {
      this.#expected.delete(holderKey(life));
      this.#refreshing.delete(holderKey(life));
      this.#options.shapes.releaseHolder(life);
    }
  }

  /** Everything that is registered now; to be gathered again in the next epoch. */
  get held(): Held[] {
    const { shapes } = this.#options;
    return shapes.holders.map((life) => ({ life, registrations: shapes.heldBy(life) }));
  }

  /** Waits until the nodes have brought what is expected of them; those that died meanwhile are waited for in vain. Bounded. */
  async gatherKnown(): Promise<void> {
    const startedAtMs = this.#now();
    while (!this.#isComplete() && this.#now() - startedAtMs < GATHER_KNOWN_MAX_MS) {
      await this.#somebodyWithin(GATHER_QUIET_MS);
    }
  }

  /** Gives whatever nodes there may be the time to come, and to those that have said what they bring a little more. Bounded. */
  async gatherUnknown(): Promise<void> {
    const startedAtMs = this.#now();
    let quietSinceMs = startedAtMs;
    for (;;) {
      const nowMs = this.#now();
      const isQuiet = this.#preparing === 0 && nowMs - quietSinceMs >= GATHER_QUIET_MS;
      if (nowMs - startedAtMs >= GATHER_MAX_MS || (isQuiet && nowMs - startedAtMs >= GATHER_MIN_MS)) break;
      const somebodyCame = await this.#somebodyWithin(GATHER_QUIET_MS);
      if (somebodyCame) quietSinceMs = this.#now();
    }
    await this.gatherKnown();
  }

  /** One that is there already, and whose answer was lost perhaps, has missed no more than it had then. */
  #missedBy(
    life: NodeLife,
    { registration, resume, held }: Request,
    prepared: readonly PreparedShape[],
  ): Missed | null {
    const { shapes, missed } = this.#options;
    const before = shapes.missedBy(life, registration);
    if (before !== undefined) return before;
    return resume === true ? missed(prepared, held) : null;
  }

  #isComplete(): boolean {
    const { shapes } = this.#options;
    for (const { life, registrations } of this.#expected.values()) {
      const coming = this.#refreshing.get(holderKey(life)) ?? 0;
      if (shapes.heldBy(life) + coming < registrations) return false;
    }
    return true;
  }

  /** A refresh may begin an epoch, and that must not wait for the registration that has asked for it. */
  async #refresh(life: NodeLife): Promise<void> {
    const holder = holderKey(life);
    const count = (change: 1 | -1) =>
      this.#refreshing.set(holder, (this.#refreshing.get(holder) ?? 0) + change);
    count(1);
    try {
      await this.#options.refresh();
    } finally {
      count(-1);
    }
  }

  #expectLess(life: NodeLife, fewer: number): void {
    const expected = this.#expected.get(holderKey(life));
    if (expected !== undefined) expected.registrations -= fewer;
  }

  /** A failure of one binding is the failure of all of them (protocol 6.3). */
  async #prepare(request: Request): Promise<PreparedShape[]> {
    const { catalog, ask } = this.#options;
    for (;;) {
      const { preparation } = catalog;
      const prepared = await ask((session) => prepareAll(session, preparation, request));
      if (catalog.preparation === preparation) return prepared;
    }
  }

  #somebodyWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, () => resolve(false));
      void this.#arrival.promise.then(() => {
        timer.stop();
        resolve(true);
      });
    });
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}

async function prepareAll(
  session: Session,
  preparation: ShapePreparation,
  { bindings, claims }: Request,
): Promise<PreparedShape[]> {
  const prepared: PreparedShape[] = [];
  for (const spec of bindings) prepared.push(await preparation.prepare(session, spec, claims));
  return prepared;
}
