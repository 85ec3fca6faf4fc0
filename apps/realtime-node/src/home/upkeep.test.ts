import { expect, test } from "vitest";
import { Upkeep } from "./upkeep.ts";

const HOUR_MS = 60 * 60_000;

/** Timers that ring when the test says that their time has come. */
function start(partitions: () => Promise<unknown>) {
  const rings = new Map<number, () => void>();
  const warned: object[] = [];
  const log = { warn: (fields: object) => warned.push(fields), debug: () => undefined };
  const clock = {
    every(periodMs: number, run: () => void) {
      rings.set(periodMs, run);
      return { stop: () => rings.delete(periodMs) };
    },
  };
  const upkeep = new Upkeep(
    clock as unknown as ConstructorParameters<typeof Upkeep>[0],
    log as unknown as ConstructorParameters<typeof Upkeep>[1],
    { beat: () => undefined, look: async () => undefined, news: async () => undefined, partitions },
  );
  upkeep.start();
  return { upkeep, rings, warned };
}

test("[B40] partitions are looked after at once and every hour", async () => {
  let times = 0;
  const { rings, upkeep } = start(async () => {
    times += 1;
  });
  expect(times).toBe(1);
  await Promise.resolve();
  rings.get(HOUR_MS)?.();
  expect(times).toBe(2);
  upkeep.stop();
  expect(rings.size).toBe(0);
});

test("[B40] failing is said with its code, and tried again", async () => {
  let times = 0;
  const { rings, warned } = start(async () => {
    times += 1;
    throw new Error("no privilege");
  });
  await new Promise(setImmediate);
  expect(warned).toMatchObject([{ code: "PartitionCreationFailed" }]);
  rings.get(HOUR_MS)?.();
  expect(times).toBe(2);
});

test("a duty that still runs is not begun again", () => {
  let times = 0;
  const { rings } = start(() => {
    times += 1;
    return new Promise(() => undefined);
  });
  rings.get(HOUR_MS)?.();
  expect(times).toBe(1);
});
