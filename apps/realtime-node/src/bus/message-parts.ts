/** Half-received messages may hold this much of a node's memory in all; beyond it the oldest is given up. */
const ASSEMBLY_BYTES_MAX = 64 * 1024 * 1024;

/** The header that carries a part's tag. */
export const PART_HEADER = "Tw-Part";

/** Where one part stands in its message; written into a header as `<id>.<index>.<count>`. */
export interface PartTag {
  id: string;
  index: number;
  count: number;
}

export function encodePartTag({ id, index, count }: PartTag): string {
  return `${id}.${index}.${count}`;
}

/** @returns undefined for a tag that no bus wrote */
export function parsePartTag(text: string): PartTag | undefined {
  const match = /^([A-Za-z0-9]+)\.(\d{1,6})\.(\d{1,6})$/.exec(text);
  if (match === null) return undefined;
  const [, id = "", index, count] = match;
  return { id, index: Number(index), count: Number(count) };
}

/** Views into `data`, each at most `bytesMax` long. */
export function splitParts(data: Uint8Array, bytesMax: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < data.byteLength; from += bytesMax)
    parts.push(data.subarray(from, from + bytesMax));
  return parts;
}

interface Assembly {
  parts: Uint8Array[];
  bytes: number;
}

/**
 * Puts messages together that were larger than the server carries. One publisher's parts arrive in order or not at
 * all, so a part out of turn means that one was lost: the message is given up and counted.
 */
export class PartAssembler {
  readonly #open = new Map<string, Assembly>();
  #bytes = 0;
  #lost = 0;

  get lost(): number {
    return this.#lost;
  }

  /** The whole message with its last part, before that undefined. */
  accept({ id, index, count }: PartTag, data: Uint8Array): Uint8Array | undefined {
    if (index === 0) this.#open.set(id, { parts: [], bytes: 0 });
    const assembly = this.#open.get(id);
    if (assembly === undefined) return undefined;
    if (assembly.parts.length !== index) return this.#giveUp(id, assembly);
    assembly.parts.push(data);
    assembly.bytes += data.byteLength;
    this.#bytes += data.byteLength;
    if (index + 1 === count) {
      this.#forget(id, assembly);
      return Buffer.concat(assembly.parts, assembly.bytes);
    }
    this.#trim();
    return undefined;
  }

  #trim(): void {
    for (const [id, assembly] of this.#open) {
      if (this.#bytes <= ASSEMBLY_BYTES_MAX) return;
      this.#giveUp(id, assembly);
    }
  }

  #giveUp(id: string, assembly: Assembly): undefined {
    this.#lost++;
    this.#forget(id, assembly);
  }

  #forget(id: string, assembly: Assembly): void {
    this.#open.delete(id);
    this.#bytes -= assembly.bytes;
  }
}
