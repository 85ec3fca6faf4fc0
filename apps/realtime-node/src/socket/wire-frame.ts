import type { WireData } from "@tidewire/protocol/phoenix/frame";

declare const brand: unique symbol;

/** One complete, unmasked WebSocket frame (RFC 6455, 5.2). Built once, written to any number of sockets; never changed. */
export type WireFrame = Buffer & { readonly [brand]: "WireFrame" };

/** Frames as bytes, or what bytes are made of when they are written. It does not change while somebody holds it. */
export interface Frames {
  readonly byteLength: number;
  /** Writes all bytes to `target`, from `at` on. */
  copy(target: Buffer, at: number): unknown;
}

const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
const FINAL_PING = 0x89;

const LENGTH_7_BITS_MAX = 125;
const LENGTH_16_BITS_MAX = 0xffff;
const LENGTH_IS_16_BITS = 126;
const LENGTH_IS_64_BITS = 127;

/** A string becomes a text frame, bytes a binary one. The bytes are copied. */
export function toWireFrame(data: WireData): WireFrame {
  if (typeof data === "string") {
    const { frame, bodyAt } = startFrame(FINAL_TEXT, Buffer.byteLength(data));
    frame.write(data, bodyAt, "utf8");
    return frame;
  }
  const { frame, bodyAt } = startFrame(FINAL_BINARY, data.byteLength);
  frame.set(data, bodyAt);
  return frame;
}

/**
 * The messages of a run of frames made by `toWireFrame`, for whoever carries them otherwise than in frames. Bytes and
 * pings have no place in a text and are left out.
 */
export function readTexts(run: Uint8Array): string[] {
  const bytes = Buffer.from(run.buffer, run.byteOffset, run.byteLength);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { bodyAt, length } = readLength(bytes, at + 1);
    if (bytes[at] === FINAL_TEXT) texts.push(bytes.toString("utf8", bodyAt, bodyAt + length));
    at = bodyAt + length;
  }
  return texts;
}

function readLength(bytes: Buffer, at: number): { bodyAt: number; length: number } {
  const first = bytes.readUInt8(at);
  if (first === LENGTH_IS_16_BITS) return { bodyAt: at + 3, length: bytes.readUInt16BE(at + 1) };
  if (first !== LENGTH_IS_64_BITS) return { bodyAt: at + 1, length: first };
  return { bodyAt: at + 9, length: bytes.readUInt32BE(at + 1) * 2 ** 32 + bytes.readUInt32BE(at + 5) };
}

/** An empty ping; every WebSocket client answers it without its application noticing. */
export const PING_FRAME: WireFrame = startFrame(FINAL_PING, 0).frame;

/** What stands before and behind the body of a message, in UTF-8. */
export interface Around {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * Text frames, one for each body. They are put together where they are written, because a thousand sockets that are each
 * sent their own would otherwise wait for it with a thousand buffers.
 */
export class TextFrames<T extends { readonly data: Uint8Array }> implements Frames {
  readonly #bodies: readonly T[];
  readonly #aroundOf: (body: T) => Around;
  readonly byteLength: number;

  constructor(bodies: readonly T[], aroundOf: (body: T) => Around) {
    this.#bodies = bodies;
    this.#aroundOf = aroundOf;
    let total = 0;
    for (const body of bodies) {
      const length = lengthOf(body, aroundOf(body));
      total += headerBytes(length) + length;
    }
    this.byteLength = total;
  }

  copy(target: Buffer, start: number): void {
    let at = start;
    for (const body of this.#bodies) {
      const around = this.#aroundOf(body);
      at = writeHeader(target, FINAL_TEXT, lengthOf(body, around), at);
      target.set(around.before, at);
      at += around.before.length;
      target.set(body.data, at);
      at += body.data.length;
      target.set(around.after, at);
      at += around.after.length;
    }
  }
}

function lengthOf({ data }: { readonly data: Uint8Array }, { before, after }: Around): number {
  return before.length + data.length + after.length;
}

function startFrame(firstByte: number, length: number): { frame: WireFrame; bodyAt: number } {
  const frame = Buffer.allocUnsafe(headerBytes(length) + length) as WireFrame;
  return { frame, bodyAt: writeHeader(frame, firstByte, length, 0) };
}

function headerBytes(length: number): number {
  return length <= LENGTH_7_BITS_MAX ? 2 : length <= LENGTH_16_BITS_MAX ? 4 : 10;
}

/** @returns where the body begins */
function writeHeader(frame: Buffer, firstByte: number, length: number, at: number): number {
  frame[at] = firstByte;
  if (length <= LENGTH_7_BITS_MAX) {
    frame[at + 1] = length;
    return at + 2;
  }
  if (length <= LENGTH_16_BITS_MAX) {
    frame[at + 1] = LENGTH_IS_16_BITS;
    return frame.writeUInt16BE(length, at + 2);
  }
  frame[at + 1] = LENGTH_IS_64_BITS;
  frame.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2);
  return frame.writeUInt32BE(length % 2 ** 32, at + 6);
}
