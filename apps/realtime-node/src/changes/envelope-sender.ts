import type { ChangeKind, HomeTimes } from "@tidewire/protocol/cluster/changes";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import { formatLsn, type Lsn } from "../wal/lsn.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";
import { encodeMessage, FACTS_BYTES, KINDS_MAX, type OutgoingChange } from "./envelope-batch.ts";

/** NATS takes a megabyte; half of it keeps one message from holding up the others of its connection. */
const MESSAGE_BYTES_MAX = 512 * 1024;

/** Names and quotes of a kind in the head. */
const KIND_BYTES = 200;

/** One change as some shapes of a node see it. */
export interface View {
  readonly shapes: readonly string[];
  readonly data: Uint8Array;
}

class Pending {
  readonly kinds: ChangeKind[] = [];
  readonly changes: OutgoingChange[] = [];
  readonly #kindsByRelation = new Map<Relation, Map<string, number>>();
  bytes = 0;
  lastLsn: Lsn | undefined;

  add(change: RowChange, { shapes, data }: View): void {
    this.changes.push({
      kind: this.#kindOf(change.relation, shapes),
      type: change.type,
      lsn: change.commitLsn,
      ordinal: change.ordinal,
      committedMs: change.commitMs,
      receivedMs: change.receivedMs,
      data,
    });
    this.bytes += data.length + FACTS_BYTES;
    this.lastLsn = change.commitLsn;
  }

  #kindOf(relation: Relation, shapes: readonly string[]): number {
    const ofRelation = this.#kindsByRelation.get(relation) ?? new Map<string, number>();
    this.#kindsByRelation.set(relation, ofRelation);
    const key = shapes.length === 1 ? (shapes[0] ?? "") : shapes.join();
    const known = ofRelation.get(key);
    if (known !== undefined) return known;
    ofRelation.set(key, this.kinds.length);
    this.bytes += key.length + KIND_BYTES;
    const { schema, table } = relation;
    return this.kinds.push({ shapes: [...shapes], schema, table }) - 1;
  }
}

/** A message, by its number and the commit of its last change. */
export interface Sent {
  seq: number;
  lsn: string;
}

/** When the batch passed the stages before this one. */
export type StageTimes = Omit<HomeTimes, "sentMs">;

interface Options {
  ref: string;
  bus: Pick<Bus, "publish">;
  clock: Pick<Clock, "nowMs">;
  epoch(): number;
}

/** Collects a batch's changes per node and numbers the messages, so that a node notices when one is missing. */
export class EnvelopeSender {
  readonly #options: Options;
  readonly #pending = new Map<string, Pending>();
  readonly #sent = new Map<string, Sent>();
  #epoch = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** All views of one change go in one message: a node that has seen a part of a change has seen all of it. */
  add(holder: string, change: RowChange, views: readonly View[], times: StageTimes): void {
    let pending = this.#pending.get(holder);
    const bytes = views.reduce((sum, { data }) => sum + data.length + FACTS_BYTES, 0);
    const kinds = pending === undefined ? 0 : pending.kinds.length + views.length;
    if (pending !== undefined && (pending.bytes + bytes > MESSAGE_BYTES_MAX || kinds > KINDS_MAX)) {
      this.#send(holder, pending, times);
      pending = undefined;
    }
    if (pending === undefined) {
      pending = new Pending();
      this.#pending.set(holder, pending);
    }
    for (const view of views) pending.add(change, view);
  }

  /** The last message to a life of a node in this epoch. */
  sentTo(holder: string): Sent | undefined {
    return this.#options.epoch() === this.#epoch ? this.#sent.get(holder) : undefined;
  }

  flush(times: StageTimes): void {
    for (const [holder, pending] of this.#pending) this.#send(holder, pending, times);
    this.#pending.clear();
  }

  #send(holder: string, { kinds, changes, lastLsn }: Pending, times: StageTimes): void {
    if (lastLsn === undefined) return;
    const { ref, bus, clock } = this.#options;
    const epoch = this.#options.epoch();
    if (epoch !== this.#epoch) this.#sent.clear();
    this.#epoch = epoch;
    const seq = (this.#sent.get(holder)?.seq ?? 0) + 1;
    this.#sent.set(holder, { seq, lsn: formatLsn(lastLsn) });
    const [node, boot] = splitHolder(holder);
    const head = { boot, epoch, seq, times: { ...times, sentMs: clock.nowMs() }, kinds };
    bus.publish(subjects.changes(ref, node), encodeMessage(head, changes));
  }
}

function splitHolder(holder: string): [node: string, boot: string] {
  const at = holder.lastIndexOf("/");
  return [holder.slice(0, at), holder.slice(at + 1)];
}
