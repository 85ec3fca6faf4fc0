import type { Room } from "@tidewire/protocol/cluster/fanout";
import { PresencePart, PresenceTransfer } from "@tidewire/protocol/cluster/gossip";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import { type Bus, type BusMessage, isUnanswered, type Subscription } from "../bus/bus.ts";
import { Turnstile } from "../hub/turnstile.ts";
import type { Log } from "../log.ts";

/** A part of ten thousand members takes about 100 ms to write and to read; the next digest asks again anyway. */
const ANSWER_MS_MAX = 2_000;
/** A node that comes back is asked about every room; not about all of them at once. */
const QUESTIONS_MAX = 64;

/** Fetches the whole part of one boot in one room. */
export class PartClient {
  readonly #bus: Pick<Bus, "request">;
  readonly #log: Pick<Log, "warn">;
  readonly #turnstile = new Turnstile(QUESTIONS_MAX);

  constructor(bus: Pick<Bus, "request">, log: Pick<Log, "warn">) {
    this.#bus = bus;
    this.#log = log;
  }

  /** Undefined when that boot did not answer. */
  fetch(boot: string, room: Room): Promise<PresencePart | undefined> {
    return this.#turnstile.pass(() => this.#fetch(boot, room));
  }

  async #fetch(boot: string, room: Room): Promise<PresencePart | undefined> {
    const question: PresenceTransfer = { room };
    const options = { timeoutMs: ANSWER_MS_MAX };
    try {
      const answer = await this.#bus.request(subjects.presenceTransfer(boot), encode(question), options);
      return PresencePart.parse(decode(answer));
    } catch (err) {
      if (!isUnanswered(err)) this.#log.warn({ err, boot }, "a node could not be asked who is present");
      return undefined;
    }
  }
}

/** Answers other nodes with this node's own part. The caller ends it. */
export function serveParts(
  bus: Pick<Bus, "subscribe">,
  boot: string,
  partOf: (room: Room) => PresencePart,
): Subscription {
  const onRequest = ({ data, respond }: BusMessage) => {
    const question = PresenceTransfer.safeParse(decode(data));
    if (question.success) respond?.(encode(partOf(question.data.room)));
  };
  return bus.subscribe(subjects.presenceTransfer(boot), onRequest, { echo: false });
}

function encode(message: PresenceTransfer | PresencePart): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

function decode(data: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(data));
}
