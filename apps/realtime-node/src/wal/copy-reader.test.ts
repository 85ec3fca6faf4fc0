import { seededRandom } from "@tidewire/testkit/seeded-random";
import { describe, expect, test } from "vitest";
import { CopyReader } from "./copy-reader.ts";

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, "latin1");
  header.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([header, body]);
}
function wal(content: string): Buffer {
  return message("d", Buffer.concat([Buffer.from("w"), Buffer.alloc(24), Buffer.from(content)]));
}
function keepalive(lsn: bigint, mustReply: boolean): Buffer {
  const body = Buffer.alloc(18);
  body.write("k", "latin1");
  body.writeBigUInt64BE(lsn, 1);
  body[17] = mustReply ? 1 : 0;
  return message("d", body);
}

/** Everything that comes out, in its order. */
function reader() {
  const got: string[] = [];
  let arrivals = 0;
  const copy = new CopyReader({
    onWal: (buffer, start, end) => got.push(`wal ${buffer.toString("utf8", start, end)}`),
    onKeepalive: (lsn, mustReply) => got.push(`keepalive ${lsn} ${mustReply}`),
    onOther: (whole) => got.push(`other ${whole.toString("latin1", 0, 1)} ${whole.length}`),
    onArrival: () => arrivals++,
  });
  return { got, push: (chunk: Buffer) => copy.push(chunk), arrivals: () => arrivals };
}

const STREAM = [
  message("W", Buffer.alloc(3)),
  wal("first"),
  keepalive(0x16_b374d848n, true),
  wal(""),
  wal("é".repeat(300)),
  message("E", Buffer.from("broken")),
  keepalive(1n, false),
];
const EXPECTED = [
  "other W 8",
  "wal first",
  `keepalive ${0x16_b374d848n} true`,
  "wal ",
  `wal ${"é".repeat(300)}`,
  "other E 11",
  "keepalive 1 false",
];

describe("the messages of a stream", () => {
  test("come out whole and in order, however the socket cuts them", () => {
    const random = seededRandom();
    const bytes = Buffer.concat(STREAM);
    for (let round = 0; round < 300; round++) {
      const { got, push, arrivals } = reader();
      let chunks = 0;
      for (let at = 0; at < bytes.length; chunks++) {
        const length = 1 + random.below(round % 2 === 0 ? 9 : 400);
        push(bytes.subarray(at, at + length));
        at += length;
      }
      expect(got, `seed ${random.seed}`).toEqual(EXPECTED);
      expect(arrivals()).toBe(chunks);
    }
  });

  test("are not copied again for every chunk of a huge one", () => {
    const { got, push } = reader();
    const huge = wal("x".repeat(8 * 1024 * 1024));
    const startedMs = performance.now();
    for (let at = 0; at < huge.length; at += 1_024) push(huge.subarray(at, at + 1_024));
    expect(got).toHaveLength(1);
    // Copying what there is for each of 8,192 chunks would move 32 GB.
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });
});
