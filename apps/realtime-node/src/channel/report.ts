import type { TapEvent, TapKind } from "@tidewire/protocol/cluster/tap";
import type { ErrorCode } from "@tidewire/protocol/errors";
import type { TapPort } from "./ports.ts";

interface Place {
  topic: string;
  private: boolean;
}

/** What may be added to any event of one connection. */
type Details = Partial<Omit<TapEvent, "id" | "node" | "ref" | "kind" | "topic" | "from">>;

/**
 * Tells the inspector what happens on one connection. Rare things are always told, so that an operator who comes later
 * still finds them; what may come thousands of times per second only while somebody watches.
 */
export class Report {
  readonly #tap: TapPort;
  readonly #ref: string;
  readonly #from: string;

  /** @param from the connection's id */
  constructor(tap: TapPort, ref: string, from: string) {
    this.#tap = tap;
    this.#ref = ref;
    this.#from = from;
  }

  /** Whether reports of frequent things are worth building. */
  get watched(): boolean {
    return this.#tap.wants(this.#ref);
  }

  join(place: Place, details: Details): void {
    this.#emit("join", place, details);
  }

  leave(place: Place, details: Details): void {
    this.#emit("leave", place, details);
  }

  system(place: Place, message: string, isError: boolean): void {
    this.#emit("system", place, { event: isError ? "error" : "ok", message });
  }

  refusal(topic: string | undefined, code: ErrorCode, details: Details): void {
    this.#emit("refusal", { topic }, { code, ...details });
  }

  /** A refusal that a flood could repeat. */
  frequentRefusal(topic: string | undefined, code: ErrorCode, details: Details): void {
    if (this.watched) this.refusal(topic, code, details);
  }

  close(code: ErrorCode | undefined, details: Details): void {
    this.#emit("close", {}, { code, ...details });
  }

  /** Ask `watched` before. */
  broadcast(place: Place, details: Details): void {
    this.#emit("broadcast", place, details);
  }

  presence(place: Place, details: () => Details): void {
    if (this.watched) this.#emit("presence", place, details());
  }

  #emit(kind: TapKind, place: Partial<Place>, details: Details): void {
    this.#tap.emit({ ref: this.#ref, from: this.#from, kind, ...place, ...details });
  }
}
