const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Longest text that is read byte by byte; beyond it the decoder's set-up cost is repaid. */
const SHORT_BYTES = 64;

/** @throws TypeError when the bytes are not UTF-8 */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_BYTES) return strict.decode(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7f) return strict.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** @throws TypeError when the bytes are not UTF-8, SyntaxError when they are not JSON */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return JSON.parse(strict.decode(bytes));
}

/**
 * Writes `text` at `at` and returns the number of bytes, or -1 when it does not fit into `room`.
 * A lone surrogate becomes U+FFFD.
 */
export function writeUtf8(text: string, into: Uint8Array, at: number, room: number): number {
  if (text.length > room) return -1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return writeUnicode(text, into, at, room);
    into[at + index] = code;
  }
  return text.length;
}

function writeUnicode(text: string, into: Uint8Array, at: number, room: number): number {
  const { read, written } = encoder.encodeInto(text, into.subarray(at, at + room));
  return read === text.length ? written : -1;
}

/** Bytes of `text` in UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else {
      bytes += 2;
      // Two surrogates make four bytes together; the second one has been counted as one already.
      if (isHighSurrogate(code) && isLowSurrogate(text.charCodeAt(index + 1))) index++;
    }
  }
  return bytes;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
