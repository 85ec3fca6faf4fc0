import { describe, expect, test } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatPercent,
  formatRate,
  formatSeconds,
  plural,
} from "./format.ts";

describe("numbers", () => {
  test.each([
    [0, "0"],
    [1340, "1,340"],
    [999_999, "999,999"],
    [1_250_000, "1.25M"],
    [1_000_000, "1M"],
    [100_000_000, "100M"],
    [999_900_000, "1G"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("count %s reads %s", (value, text) => expect(formatCount(value)).toBe(text));

  test.each([
    [0, "0"],
    [0.04, "<0.1"],
    [2, "2"],
    [2.34, "2.3"],
    [1340.4, "1,340"],
    [undefined, "–"],
  ])("rate %s reads %s", (value, text) => expect(formatRate(value)).toBe(text));

  test.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [1024 ** 2 - 1, "1 MiB"],
    [100 * 1024, "100 KiB"],
    [1024 ** 3, "1 GiB"],
  ])("%s bytes read %s", (value, text) => expect(formatBytes(value)).toBe(text));

  test("a share below ten percent keeps one decimal", () => {
    expect([formatPercent(0), formatPercent(0.021), formatPercent(0.5)]).toEqual(["0 %", "2.1 %", "50 %"]);
  });

  test("one is singular", () => {
    expect([plural(1, "node"), plural(3, "node"), plural(0, "node")]).toEqual([
      "1 node",
      "3 nodes",
      "0 nodes",
    ]);
  });
});

describe("times", () => {
  test.each([
    [0, "0 ms"],
    [0.004, "<0.01 ms"],
    [0.42, "0.42 ms"],
    [0.999, "1 ms"],
    [3, "3 ms"],
    [8.13, "8.1 ms"],
    [9.96, "10 ms"],
    [312.4, "312 ms"],
    [999.7, "1 s"],
    [1250, "1.25 s"],
    [250_000, "4 min 10 s"],
  ])("latency %s reads %s", (ms, text) => expect(formatMs(ms)).toBe(text));

  test.each([
    [4_900, "4 s"],
    [60_000, "1 min"],
    [544_000, "9 min 4 s"],
    [11_400_000, "3 h 10 min"],
    [187_200_000, "2 d 4 h"],
  ])("duration %s reads %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  test("a countdown keeps its tenth and ends at nothing", () => {
    expect([7_200, 1_000, -5].map(formatSeconds)).toEqual(["7.2 s", "1.0 s", "0.0 s"]);
  });

  test.each([
    [300, "just now"],
    [4_000, "4 s ago"],
    [190_000, "3 min ago"],
    [-9_000, "in 9 s"],
  ])("distance %s reads %s", (ms, text) => expect(formatAgo(ms)).toBe(text));
});
