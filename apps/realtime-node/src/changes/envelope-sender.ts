import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus } from "../bus/bus.ts";
import { encodeEnvelopes } from "./envelope-batch.ts";

/** NATS takes a megabyte; half of it keeps one message from holding up the others of its connection. */
const MESSAGE_BYTES_MAX = 512 * 1024;
/** Facts of an envelope beside its data. */
const FACTS_BYTES = 400;

interface Pending {
  envelopes: ChangeEnvelope[];
  bytes: number;
}

/** A message, by its number and the commit of its last change. */
export interface Sent {
  seq: number;
  lsn: string;
}

interface Options {
  ref: string;
  bus: Pick<Bus, "publish">;
  epoch(): number;
}

/** Collects a batch's envelopes per node and numbers the messages, so that a node notices when one is missing. */
export class EnvelopeSender {
  readonly #options: Options;
  readonly #pending = new Map<string, Pending>();
  readonly #sent = new Map<string, Sent>();
  #epoch = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** All envelopes of one change go in one message: a node that has seen a part of a change has seen all of it. */
  add(holder: string, envelopes: readonly ChangeEnvelope[]): void {
    const bytes = envelopes.reduce((sum, { dataJson }) => sum + dataJson.length + FACTS_BYTES, 0);
    const pending = this.#pending.get(holder) ?? { envelopes: [], bytes: 0 };
    this.#pending.set(holder, pending);
    if (pending.bytes > 0 && pending.bytes + bytes > MESSAGE_BYTES_MAX) this.#send(holder, pending);
    pending.envelopes.push(...envelopes);
    pending.bytes += bytes;
  }

  /** The last message to a life of a node in this epoch. */
  sentTo(holder: string): Sent | undefined {
    return this.#options.epoch() === this.#epoch ? this.#sent.get(holder) : undefined;
  }

  flush(): void {
    for (const [holder, pending] of this.#pending) this.#send(holder, pending);
    this.#pending.clear();
  }

  #send(holder: string, pending: Pending): void {
    if (pending.envelopes.length === 0) return;
    const { ref, bus } = this.#options;
    const epoch = this.#options.epoch();
    if (epoch !== this.#epoch) this.#sent.clear();
    this.#epoch = epoch;
    const seq = (this.#sent.get(holder)?.seq ?? 0) + 1;
    this.#sent.set(holder, { seq, lsn: pending.envelopes.at(-1)?.lsn ?? "0/0" });
    const [node, boot] = splitHolder(holder);
    const data = encodeEnvelopes({ boot, epoch, seq, envelopes: pending.envelopes });
    bus.publish(subjects.changes(ref, node), data);
    pending.envelopes = [];
    pending.bytes = 0;
  }
}

function splitHolder(holder: string): [node: string, boot: string] {
  const at = holder.lastIndexOf("/");
  return [holder.slice(0, at), holder.slice(at + 1)];
}
