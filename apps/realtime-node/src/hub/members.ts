import type { Codec } from "@tidewire/protocol/phoenix/codec";
import type { Subscriber } from "./subscriber.ts";

/** Members that are sent the very same bytes. */
export interface Lane {
  readonly codec: Codec;
  readonly wantsPosition: boolean;
  readonly subscribers: readonly Subscriber[];
}

/**
 * The local members of one room. Lanes are rebuilt at the first fan-out after a change and never changed afterwards, so
 * a fan-out that is under way sees the members it began with.
 */
export class Members {
  readonly #byChannel = new Map<string, Subscriber>();
  #lanes: readonly Lane[] | undefined;

  get size(): number {
    return this.#byChannel.size;
  }

  add(subscriber: Subscriber): void {
    this.#byChannel.set(subscriber.channelId, subscriber);
    this.#lanes = undefined;
  }

  remove(channelId: string): boolean {
    this.#lanes = undefined;
    return this.#byChannel.delete(channelId);
  }

  find(channelId: string): Subscriber | undefined {
    return this.#byChannel.get(channelId);
  }

  all(): Iterable<Subscriber> {
    return this.#byChannel.values();
  }

  lanes(): readonly Lane[] {
    this.#lanes ??= toLanes(this.#byChannel.values());
    return this.#lanes;
  }
}

function toLanes(subscribers: Iterable<Subscriber>): Lane[] {
  const lanes: { codec: Codec; wantsPosition: boolean; subscribers: Subscriber[] }[] = [];
  for (const subscriber of subscribers) {
    const { codec, wantsPosition } = subscriber;
    const lane = lanes.find((one) => one.codec === codec && one.wantsPosition === wantsPosition);
    if (lane === undefined) lanes.push({ codec, wantsPosition, subscribers: [subscriber] });
    else lane.subscribers.push(subscriber);
  }
  return lanes;
}
