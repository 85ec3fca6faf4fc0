import type { HomeNotice, HomeTimes } from "@tidewire/protocol/cluster/changes";
import type { ProjectSettings } from "@tidewire/protocol/project";
import type { Bus } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";
import type { TypeCatalog } from "../wal/type-catalog.ts";
import { JsonRenderer } from "../wal/types.ts";
import type { WalBatch } from "../wal/wal-queue.ts";
import { askInParts } from "./ask-in-parts.ts";
import { EnvelopeSender, type Sent } from "./envelope-sender.ts";
import { viewsByHolder } from "./envelopes.ts";
import { JsonArena } from "./json-arena.ts";
import { LagStages } from "./lag-stages.ts";
import { confirm, type MatchedChange, match, type RemoteQuestion, RemoteQuestions } from "./matching.ts";
import { RemoteValues } from "./remote-values.ts";
import { type Ask, authorizeRows, type Unchecked } from "./row-authorization.ts";
import { holderKey, type NodeLife, type Shapes } from "./shapes.ts";
import { holdsFor } from "./visibility.ts";

interface Options {
  ref: string;
  bus: Pick<Bus, "publish" | "flush">;
  shapes: Shapes;
  /** Replaced when types may have changed their meaning. */
  types(): TypeCatalog;
  clock: Clock;
  log: Log;
  settings(): Pick<ProjectSettings, "deletes">;
  epoch(): number;
  ask: Ask;
  /** The table's oid in the catalog; undefined when it is not published (any more). */
  tableOf(relation: Relation): number | undefined;
  /** Reads the catalog anew if the table of one of these is not as the catalog has it; nodes then register again. */
  reconcile(changes: readonly RowChange[]): Promise<void>;
  notify(notice: HomeNotice): void;
  /** Rows of `realtime.messages`. */
  onMessageRow(change: RowChange): void;
  isMessageTable(relation: Relation): boolean;
}

/**
 * A batch of the stream, on its way to the nodes: match, authorize, render, send, and wait until the bus has it.
 *
 * Problem: Postgres forgets what is acknowledged, and policies cost a query. Acknowledging on receipt loses rows when
 * the process dies; asking per subscriber makes the lag grow with the audience. Here the caller acknowledges after
 * {@link publish} has resolved, so a crash repeats rows and never loses them (receivers drop what they have seen, by
 * commit position and ordinal); and each class of claims is asked about once per batch. While a batch is being
 * authorized the next one grows, so that under load batches get larger, not later.
 *
 * Not promised: that a policy is evaluated as of the commit. Like Supabase we ask when we look (protocol 6.5).
 */
export class Publisher {
  readonly lag = new LagStages();
  readonly #tableChanges = new Map<string, number>();
  readonly #options: Options;
  readonly #sender: EnvelopeSender;
  readonly #arena = new JsonArena();
  #renderer: JsonRenderer;

  constructor(options: Options) {
    this.#options = options;
    this.#sender = new EnvelopeSender(options);
    this.#renderer = new JsonRenderer(options.types());
  }

  /** Since this home began. */
  changesOf(schema: string, table: string): number {
    return this.#tableChanges.get(JSON.stringify([schema, table])) ?? 0;
  }

  /** The last message that a life of a node was sent in this epoch. */
  sentTo(life: NodeLife): Sent | undefined {
    return this.#sender.sentTo(holderKey(life));
  }

  /** After `types` has been replaced. */
  forgetTypes(): void {
    this.#renderer = new JsonRenderer(this.#options.types());
  }

  /**
   * Resolves when everything in the batch is with the bus.
   *
   * @throws Refusal when the database is away, BusUnavailable: the batch must then not be acknowledged
   */
  async publish(batch: WalBatch): Promise<void> {
    const { clock, ask, settings, ref, log } = this.#options;
    const takenMs = clock.nowMs();
    const matched = await this.#match(batch.changes);
    const matchedMs = clock.nowMs();
    const types = this.#options.types();
    for (const { schema, table } of batch.truncated) {
      log.info({ ref, schema, table }, "a table was truncated; clients are not told of it");
    }
    const authorization = await authorizeRows(matched, ask);
    const remote = await this.#prepareValues(matched);
    const facts = {
      deletes: settings().deletes,
      remote: remote.render,
      renderOf: (oid: number) => this.#renderer.for(oid),
      typeName: (oid: number) => types.get(oid)?.name ?? "text",
      arena: this.#arena,
    };
    const times = { decodedMs: takenMs, matchedMs, authorizedMs: clock.nowMs() };
    const sent: RowChange[] = [];
    for (const each of matched) {
      const byHolder = viewsByHolder(each, authorization, facts);
      for (const [holder, views] of byHolder) this.#sender.add(holder, each.change, views, times);
      if (byHolder.size > 0) sent.push(each.change);
    }
    this.#sender.flush(times);
    for (const unchecked of authorization.unchecked) this.#tell(unchecked);
    await this.#options.bus.flush();
    this.#measure(sent, { ...times, sentMs: clock.nowMs() });
  }

  async #match(changes: readonly RowChange[]): Promise<MatchedChange[]> {
    await this.#options.reconcile(changes);
    const questions = new RemoteQuestions();
    const matched: MatchedChange[] = [];
    for (const change of changes) {
      if (this.#options.isMessageTable(change.relation)) this.#options.onMessageRow(change);
      const oid = this.#options.tableOf(change.relation);
      if (oid === undefined) continue;
      const found = match(change, oid, this.#options.shapes, questions.note);
      if (found !== undefined) matched.push(found);
    }
    if (questions.isEmpty) return matched;
    for (const question of questions.all) await this.#answer(question, matched);
    return matched.map((each) => confirm(each, questions.answer)).filter((each) => each !== undefined);
  }

  /** A value about which Postgres has no answer does not match; whoever asked is told. */
  async #answer({ test, values }: RemoteQuestion, matched: readonly MatchedChange[]): Promise<void> {
    const unanswered = await askInParts([...values.keys()], async (asked) => {
      const holding = await this.#options.ask((session) => holdsFor(session, test, asked));
      for (const position of holding) values.set(asked[position] ?? null, true);
    });
    if (unanswered.length === 0) return;
    const asking = matched.flatMap(({ shapes }) =>
      shapes.filter(({ filter }) => filter.needsPostgres && filter.columns.includes(test.column)),
    );
    const shapes = new Set(asking.map(({ shape }) => shape.id));
    for (const { items, reason } of unanswered) this.#tell({ shapes, rows: items.length, reason });
  }

  async #prepareValues(matched: readonly MatchedChange[]): Promise<RemoteValues> {
    const { ask } = this.#options;
    const types = this.#options.types();
    const relations = new Set(matched.map(({ change }) => change.relation));
    const oids = [...relations].flatMap(({ columns }) => columns.map(({ typeOid }) => typeOid));
    if (oids.some((oid) => types.isMissing(oid))) await ask((session) => types.ensure(session, oids));
    const values = new RemoteValues(this.#renderer, types);
    for (const { change } of matched) values.note(change);
    if (!values.isEmpty) await values.ask(ask);
    return values;
  }

  #tell({ shapes, rows, reason }: Unchecked): void {
    const { ref, notify, log } = this.#options;
    log.warn({ ref, rows, reason }, "rows could not be checked against the policies; their class was told");
    notify({ kind: "rows-skipped", ref, shapes: [...shapes], rows, reason });
  }

  #measure(sent: readonly RowChange[], times: HomeTimes): void {
    const counts = new Map<Relation, number>();
    for (const { commitMs, receivedMs, relation } of sent) {
      this.lag.add(commitMs, receivedMs, times);
      counts.set(relation, (counts.get(relation) ?? 0) + 1);
    }
    for (const [{ schema, table }, count] of counts) {
      const name = JSON.stringify([schema, table]);
      this.#tableChanges.set(name, (this.#tableChanges.get(name) ?? 0) + count);
    }
  }
}
