import { describe, expect, test } from "vitest";
import { spread } from "./drain.ts";

describe("spread", () => {
  test("[C27] every connection gets a moment of its own, evenly within the drain, the first at once", () => {
    const moments = spread(["a", "b", "c", "d"], 2_000).map(({ afterMs }) => afterMs);
    expect(moments).toEqual([0, 500, 1_000, 1_500]);
  });

  test("the order is drawn by lot: those who came together do not leave together", () => {
    const lots = [0.9, 0.1, 0.5];
    const order = spread(["a", "b", "c"], 300, () => lots.shift() ?? 0).map(({ connection }) => connection);
    expect(order).toEqual(["b", "c", "a"]);
  });

  test("nobody to send away takes no time", () => {
    expect(spread([], 2_000)).toEqual([]);
  });
});
