import { expect, test } from "vitest";
import { LSN_ZERO, parseLsn } from "../wal/lsn.ts";
import { Outages } from "./outages.ts";

const at = (lsn: string, nowMs: number) => ({ lsn: parseLsn(lsn), nowMs });

test("[D12] an interruption is announced once and closed once", () => {
  const outages = new Outages("r");
  expect(outages.begin("gone", at("0/10", 5))).toEqual({
    kind: "database-lost",
    ref: "r",
    reason: "gone",
    sinceMs: 5,
    lsn: "0/10",
  });
  expect(outages.begin("still gone", at("0/10", 6))).toBeNull();
  expect(outages.end({ toLsn: parseLsn("0/20"), nowMs: 9 }, null)).toEqual({
    kind: "database-recovered",
    ref: "r",
    fromLsn: "0/10",
    toLsn: "0/20",
    complete: true,
  });
  expect(outages.end({ toLsn: parseLsn("0/20"), nowMs: 9 }, null)).toBeNull();
  expect(outages.records).toEqual([{ fromMs: 5, toMs: 9, reason: "gone" }]);
});

test("[R27] a lost slot makes it incomplete, and its span exact; the next interruption begins whole again", () => {
  const outages = new Outages("r");
  outages.begin("gone", at("0/10", 5));
  const lost = { cause: "slot-missing" as const, fromLsn: parseLsn("0/10"), toLsn: parseLsn("0/18") };
  expect(outages.end({ toLsn: parseLsn("0/20"), nowMs: 9 }, lost)).toMatchObject({
    complete: false,
    fromLsn: "0/10",
    toLsn: "0/18",
  });
  outages.begin("gone", at("0/30", 10));
  expect(outages.end({ toLsn: parseLsn("0/40"), nowMs: 11 }, null)).toMatchObject({
    complete: true,
    fromLsn: "0/30",
  });
});

test("a home that never streamed takes its beginning from the slot", () => {
  const outages = new Outages("r");
  outages.begin("gone", { lsn: LSN_ZERO, nowMs: 1 });
  outages.isFrom(parseLsn("0/7"));
  outages.isFrom(parseLsn("0/8"));
  expect(outages.end({ toLsn: parseLsn("0/9"), nowMs: 2 }, null)).toMatchObject({ fromLsn: "0/7" });
});

test("only the latest are kept", () => {
  const outages = new Outages("r");
  for (let count = 0; count < 60; count++) {
    outages.begin(String(count), at("0/1", count));
    outages.end({ toLsn: parseLsn("0/1"), nowMs: count }, null);
  }
  expect(outages.records).toHaveLength(50);
  expect(outages.records.at(-1)?.reason).toBe("59");
});
