import type { HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { ProjectSettings } from "@tidewire/protocol/project";
import type { Bus } from "../bus/bus.ts";
import { type CatalogPrints, readPrints } from "../changes/catalog.ts";
import { Publisher } from "../changes/publisher.ts";
import { seeing } from "../changes/seeing.ts";
import { type PreparedShape, Shapes } from "../changes/shapes.ts";
import { currentSnapshot } from "../changes/visibility.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Lsn } from "../wal/lsn.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";
import type { Session } from "../wal/session.ts";
import { TypeCatalog } from "../wal/type-catalog.ts";
import type { WalBatch } from "../wal/wal-queue.ts";
import { CatalogWatch } from "./catalog-watch.ts";
import { nextEpoch } from "./election.ts";
import { HandedOn } from "./handed-on.ts";
import type { MessageFeed } from "./message-feed.ts";
import { type Backlog, type Held, Registrations } from "./registrations.ts";
import type { Term } from "./replication.ts";

/** supabase-js is back within 15 s of a node's death; what is older belongs to nobody who is still waiting for it. */
const BACKLOG_AGE_MS = 60_000;

interface Options {
  ref: string;
  bus: Pick<Bus, "publish" | "flush">;
  clock: Clock;
  log: Log;
  feed: MessageFeed;
  settings(): Pick<ProjectSettings, "deletes">;
  /** Somebody has been home before: its channels may be waiting for another. */
  hadHome(): boolean;
  /** Work of the stream: it goes before everything else that wants a connection. */
  ask<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Work for one node's registration: it waits its turn like every other check. */
  askForNodes<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs work while no batch is being handed on. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Commit of the last row of this term that was not read, because nobody wanted it. */
  unwantedLsn(): Lsn;
  /** The epoch has changed: nodes hear it and register again. */
  announce(): void;
  notify(notice: HomeNotice): void;
  /** Perhaps there is a publication now that the stream does not know. */
  onTablesChanged(): void;
}

interface Beginning {
  /** What nodes had in the epoch before. */
  held?: readonly Held[];
  /** Waits for the registrations that nodes will bring again. */
  gather(): Promise<void>;
  onElected?: () => void;
}

const NOBODY = Promise.resolve();

/**
 * Row changes of one project, from the stream to the bus: who asked for what, by which catalog. A changed catalog may
 * change who shares a class of claims, so it begins a new epoch: everything that was registered is void, the stream
 * waits, the nodes register again, and no row goes missing between.
 */
export class ChangeEngine {
  readonly shapes = new Shapes();
  readonly catalog = new CatalogWatch();
  readonly registrations: Registrations;
  readonly publisher: Publisher;
  readonly #options: Options;
  #types = new TypeCatalog();
  #epoch = 0;
  /** Clients do not say where they were, so all that come back while this home gathers are given the rows since the last one. */
  #backlog: Backlog | null = null;
  readonly #handedOn = new HandedOn();

  constructor(options: Options) {
    this.#options = options;
    const { shapes, catalog } = this;
    const epoch = () => this.#epoch;
    this.registrations = new Registrations({
      clock: options.clock,
      ask: options.askForNodes,
      shapes,
      catalog,
      epoch,
      missed: (prepared, held) => this.#missed(prepared, held),
      backlog: () => this.#backlog,
      refresh: () => this.lookForNews(),
    });
    this.publisher = new Publisher({
      ...options,
      shapes,
      epoch,
      types: () => this.#types,
      tableOf: (relation) => catalog.tableOf(relation)?.oid,
      reconcile: (changes) => this.#reconcile(changes),
      isMessageTable: (relation) => options.feed.isSource(relation),
      onMessageRow: (change) => options.feed.offer(change),
    });
  }

  get epoch(): number {
    return this.#epoch;
  }

  isWanted(relation: Relation): boolean {
    return this.#options.feed.isSource(relation) || this.shapes.isWanted(relation);
  }

  /** In the session that holds the lock. What nodes had with another home is gathered before anything streams. */
  async onTerm(session: Session, term: Term, onElected: () => void): Promise<void> {
    await this.catalog.read(session);
    const { former } = this.registrations;
    former.begin(term.fromLsn);
    if (term.isRewound) this.#options.feed.rewind();
    this.#handedOn.beginTerm(term.fromLsn);
    if (!term.slotCreated) {
      this.#backlog = { fromLsn: term.fromLsn, sinceMs: this.#options.clock.nowMs() - BACKLOG_AGE_MS };
    }
    const isBeginning = term.slotCreated && this.#epoch === 0 && !this.#options.hadHome();
    const gather = () => (isBeginning ? NOBODY : this.registrations.gatherUnknown());
    try {
      await this.#begin(term.epoch, { gather, onElected });
      former.flow();
      this.#options.feed.skipBefore(former.seenLsn);
    } finally {
      this.#backlog = null;
    }
  }

  /** Tables that channels listen to, with their schema, and how many channels do. */
  get audience(): { tables: string[]; channels: number } {
    const heard = [...this.catalog.tables].filter(({ oid }) => this.shapes.on(oid) !== undefined);
    const channels = this.registrations.held.reduce((sum, { registrations }) => sum + registrations, 0);
    return { tables: heard.map(({ schema, name }) => `${schema}.${name}`).sort(), channels };
  }

  publish(batch: WalBatch): Promise<void> {
    return this.publisher.publish(batch);
  }

  /** Asks whether tables, policies, grants or roles have changed, and acts on it. */
  async lookForNews(): Promise<void> {
    await this.accept(await this.#options.ask(readPrints));
  }

  /** Acts on what a look at the catalog has found. */
  async accept(prints: CatalogPrints): Promise<void> {
    if (!this.catalog.isRead) return;
    const { authorization, tables } = this.catalog.compare(prints);
    if (authorization || tables) await this.#options.exclusively(() => this.#refresh());
  }

  /** At the beginning of a batch, so nobody else is at it; what registers from then on comes too late for the batch. */
  async #reconcile(changes: readonly RowChange[]): Promise<void> {
    await this.#acceptNews(changes);
    this.#handedOn.add(changes, (relation) => this.catalog.tableOf(relation)?.oid);
  }

  async #acceptNews(changes: readonly RowChange[]): Promise<void> {
    const relations = new Set(changes.map(({ relation }) => relation));
    const news = [...relations].filter((each) => this.shapes.isWanted(each) && this.catalog.isNews(each));
    if (news.length === 0) return;
    const { ask } = this.#options;
    const xids = new Set(changes.map(({ xid }) => xid));
    await seeing(xids, () => ask(async (session) => ({ snapshot: await currentSnapshot(session) })));
    await this.#refresh();
    this.catalog.accept(relations);
  }

  async #refresh(): Promise<void> {
    const { ask, onTablesChanged, log, ref } = this.#options;
    const change = await ask((session) => this.catalog.read(session));
    if (!change.authorization && !change.tables) return;
    log.info({ ref, ...change }, "the project's tables or policies have changed");
    if (change.tables) onTablesChanged();
    const { held } = this.registrations;
    await this.#begin(await ask(nextEpoch), { held, gather: () => this.registrations.gatherKnown() });
  }

  async #begin(epoch: number, { held, gather, onElected }: Beginning): Promise<void> {
    this.#epoch = epoch;
    this.#types = new TypeCatalog();
    this.publisher.forgetTypes();
    this.shapes.clear();
    this.registrations.expectAnew(held);
    // Before the gathering, which would wait in vain for nodes that find nobody to ask.
    onElected?.();
    this.#options.announce();
    await gather();
    this.shapes.settle();
    this.#handedOn.begin(epoch, this.#options.unwantedLsn());
  }

  #missed(prepared: readonly PreparedShape[], held: number | undefined) {
    const tables = prepared.flatMap(({ onTables }) => onTables.map(({ table }) => table.oid));
    const unwantedLsn = this.#options.unwantedLsn();
    return this.#handedOn.without({ tables, held, epoch: this.#epoch, unwantedLsn });
  }
}
