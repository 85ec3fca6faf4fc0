import { describe, expect, test } from "vitest";
import { HOME_SILENT_MS, hear, isHomeMissing, type KnownHome } from "./known-home.ts";

const home = (epoch: number, node = "n1") => ({ kind: "home" as const, ref: "r", node, boot: "b", epoch });
const known = (epoch: number, heardAtMs: number): KnownHome => ({ node: "n1", boot: "b", epoch, heardAtMs });

describe("who is home", () => {
  test("a later term replaces an earlier one at once", () => {
    expect(hear(known(5, 0), home(6, "n2"), 10)).toMatchObject({ node: "n2", epoch: 6 });
  });

  test("an earlier term is not believed while the later one speaks", () => {
    expect(hear(known(6, 0), home(5, "n2"), 100)).toEqual(known(6, 0));
  });

  test("a database restored from a backup counts anew, once the old home is silent", () => {
    expect(hear(known(600, 0), home(5, "n2"), HOME_SILENT_MS + 1)).toMatchObject({ epoch: 5 });
  });

  test("stepping down ends only the own term", () => {
    const down = { kind: "stepped-down" as const, ref: "r", node: "n1", epoch: 5 };
    expect(hear(known(5, 0), down, 1)).toBeNull();
    expect(hear(known(6, 0), down, 1)).toEqual(known(6, 0));
  });

  test("three missed beats are a death", () => {
    expect(isHomeMissing(known(5, 0), 3_000)).toBe(false);
    expect(isHomeMissing(known(5, 0), 3_501)).toBe(true);
    expect(isHomeMissing(null, 0)).toBe(true);
  });
});
