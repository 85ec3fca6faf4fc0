const ID_BYTES = 16;

/** Unlike `crypto.randomUUID`, this is there on pages without TLS as well. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
