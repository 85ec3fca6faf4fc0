import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

test("a manual clock rings its alarms in order, each at its own time, and those set on the way", () => {
  const clock = new ManualClock(1_000);
  const rung: string[] = [];
  clock.after(50, () => rung.push(`b ${clock.now()}`));
  clock.after(20, () => {
    rung.push(`a ${clock.now()}`);
    clock.after(20, () => rung.push(`c ${clock.now()}`));
  });
  clock.after(101, () => rung.push("too late"));
  const cancel = clock.after(30, () => rung.push("cancelled"));
  cancel();

  clock.advance(100);

  expect(rung).toEqual(["a 1020", "c 1040", "b 1050"]);
  expect(clock.now()).toBe(1_100);
});
