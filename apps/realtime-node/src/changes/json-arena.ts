/** Many rows share one; a row that does not fit gets one of its own. */
const CHUNK_BYTES = 256 * 1024;
/** Of UTF-8 for one unit of UTF-16. */
const BYTES_PER_UNIT_MAX = 3;

/**
 * Texts as UTF-8 in large buffers, so that a row costs neither an allocation of memory outside the heap nor a second
 * copy. What it gives out stays as it is for as long as somebody holds it.
 */
export class JsonArena {
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;

  /** `head` and then `text`. */
  join(head: Uint8Array, text: string): Uint8Array {
    const needed = head.length + text.length * BYTES_PER_UNIT_MAX;
    if (this.#chunk.length - this.#at < needed) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed));
      this.#at = 0;
    }
    const start = this.#at;
    this.#chunk.set(head, start);
    const textAt = start + head.length;
    this.#at = textAt + this.#chunk.write(text, textAt, "utf8");
    return this.#chunk.subarray(start, this.#at);
  }
}
