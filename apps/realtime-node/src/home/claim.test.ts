import { expect, test } from "vitest";
import { formatLsn } from "../wal/lsn.ts";
import { switchOf } from "./claim.ts";

test("a timeline's history says where each of its ancestors ended", () => {
  const file = "1\t0/3000148\tno recovery target specified\n\n2\t16/B374D848\tbefore 2026-11-21\n";
  expect(formatLsn(switchOf(file, 1))).toBe("0/3000148");
  expect(formatLsn(switchOf(file, 2))).toBe("16/B374D848");
  expect(formatLsn(switchOf(file, 7))).toBe("0/0");
});
