import { expect, test } from "vitest";
import { HeadsPlan } from "./heads-plan.ts";

test("[P3] heads are said a second after the last message, and once more five seconds later", () => {
  const plan = new HeadsPlan<string>();
  plan.counted("a");
  expect(plan.unsaid()).toEqual(["a"]);
  const said = Array.from({ length: 10 }, (_, index) => plan.tick().map((room) => `${index + 1}: ${room}`));
  expect(said.flat()).toEqual(["1: a", "6: a"]);
  expect(plan.unsaid()).toEqual([]);
});

test("a room in which somebody speaks all the time is said once per second", () => {
  const plan = new HeadsPlan<string>();
  const said = Array.from({ length: 4 }, () => {
    plan.counted("a");
    return plan.tick();
  });
  expect(said).toEqual([["a"], ["a"], ["a"], ["a"]]);
});
