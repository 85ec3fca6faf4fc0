import { expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

test("the same seed gives the same choices, another one others", () => {
  const choices = (seed: number) => {
    const random = seededRandom(seed);
    return [
      random.below(1_000),
      random.pick(["a", "b", "c"]),
      random.shuffle([1, 2, 3, 4, 5]),
      random.next(),
    ];
  };
  expect(choices(7)).toEqual(choices(7));
  expect(choices(7)).not.toEqual(choices(8));
});

test("numbers spread evenly and a shuffle loses nothing", () => {
  const random = seededRandom(1);
  const counts = new Array<number>(10).fill(0);
  for (let round = 0; round < 10_000; round++) {
    const drawn = random.below(10);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(random.shuffle([3, 1, 2]).sort()).toEqual([1, 2, 3]);
  expect(() => random.pick([])).toThrow(RangeError);
});
