import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";

/** How many channels were handed each change; counted per list, because nearly all channels share theirs. */
export class Recipients {
  readonly #byList = new Map<readonly ChangeEnvelope[], number>();
  #byChange: Map<ChangeEnvelope, number> | undefined;

  add(changes: readonly ChangeEnvelope[]): void {
    this.#byList.set(changes, (this.#byList.get(changes) ?? 0) + 1);
  }

  of(change: ChangeEnvelope): number {
    this.#byChange ??= this.#spread();
    return this.#byChange.get(change) ?? 0;
  }

  #spread(): Map<ChangeEnvelope, number> {
    const counts = new Map<ChangeEnvelope, number>();
    for (const [changes, channels] of this.#byList) {
      for (const change of changes) counts.set(change, (counts.get(change) ?? 0) + channels);
    }
    return counts;
  }
}
