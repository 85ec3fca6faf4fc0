import { expect, test } from "vitest";
import { LinkReader } from "./gateway-watch.ts";

test("messages are found whole, wherever chunks end, and payloads are not read as lines", () => {
  const wire = Buffer.from(
    'CONNECT {"gateway":"eu"}\r\nRS+ $G tw.room.a\r\nRMSG $G tw.room.a 16\r\nRMSG $G x.y 1\r\nz\r\n' +
      "PING\r\nRMSG $G tw.b + reply 0\r\n\r\nHMSG $G tw.c 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPONG\r\n",
  );
  for (const step of [1, 7, wire.length]) {
    const reader = new LinkReader();
    const found = [];
    for (let at = 0; at < wire.length; at += step) found.push(...reader.read(wire.subarray(at, at + step)));
    expect(found.map(({ subject }) => subject)).toEqual(["tw.room.a", "tw.b", "tw.c"]);
    expect(String(found[0]?.data)).toBe("RMSG $G x.y 1\r\nz");
  }
});
