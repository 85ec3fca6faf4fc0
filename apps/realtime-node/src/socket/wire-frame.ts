import type { WireData } from "@tidewire/protocol/phoenix/frame";

declare const brand: unique symbol;

/** One complete, unmasked WebSocket frame (RFC 6455, 5.2). Built once, written to any number of sockets; never changed. */
export type WireFrame = Buffer & { readonly [brand]: "WireFrame" };

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

/** An empty ping; every WebSocket client answers it without its application noticing. */
export const PING_FRAME: WireFrame = startFrame(FINAL_PING, 0).frame;

function startFrame(firstByte: number, length: number): { frame: WireFrame; bodyAt: number } {
  const bodyAt = length <= LENGTH_7_BITS_MAX ? 2 : length <= LENGTH_16_BITS_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafe(bodyAt + length) as WireFrame;
  frame[0] = firstByte;
  if (bodyAt === 2) {
    frame[1] = length;
  } else if (bodyAt === 4) {
    frame[1] = LENGTH_IS_16_BITS;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_IS_64_BITS;
    frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    frame.writeUInt32BE(length % 2 ** 32, 6);
  }
  return { frame, bodyAt };
}
