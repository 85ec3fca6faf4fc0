import { describe, expect, test } from "vitest";
import { codecFor } from "./negotiate.ts";

describe("[C4] the serializer for vsn", () => {
  test.each([null, "1.0.0", "1.0.9", "1.0.1-rc.1", "1.0.0+build"])("%s is 1.0.0", (vsn) => {
    expect(codecFor(vsn)?.vsn).toBe("1.0.0");
  });

  test.each(["2.0.0", "2.0.12", "2.0.0+x.y"])("%s is 2.0.0", (vsn) => {
    expect(codecFor(vsn)?.vsn).toBe("2.0.0");
  });

  test.each(["", "1", "1.0", "2.1.0", "3.0.0", "2.0.00", "2.0.0-rc.1", " 2.0.0", "2.0.0\n", "v2.0.0", "abc"])(
    "%j is none",
    (vsn) => {
      expect(codecFor(vsn)).toBeUndefined();
    },
  );
});
