import { describe, expect, test } from "vitest";
import { Lane } from "./lane.ts";

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function openLane() {
  const first = deferred();
  const done: string[] = [];
  const end = deferred();
  const lane = new Lane(first.promise, {
    onEmpty: () => {
      done.push("empty");
      end.resolve();
    },
    onFault: (error) => {
      done.push(`fault: ${error instanceof Error ? error.message : error}`);
      end.resolve();
    },
  });
  return { lane, first, done, end: end.promise };
}

describe("lane", () => {
  test("what comes after a message that waits is handled after it, in order", async () => {
    const { lane, first, done, end } = openLane();
    const second = deferred();
    lane.add(async () => {
      await second.promise;
      done.push("a");
    }, 1);
    lane.add(() => void done.push("b"), 1);
    first.resolve();
    second.resolve();
    await end;
    expect(done).toEqual(["a", "b", "empty"]);
  });

  test("a task added by the last task is still run", async () => {
    const { lane, first, done, end } = openLane();
    lane.add(() => void lane.add(() => void done.push("late"), 1), 1);
    first.resolve();
    await end;
    expect(done).toEqual(["late", "empty"]);
  });

  test("a defect ends the lane and drops what waits", async () => {
    const { lane, first, done, end } = openLane();
    lane.add(() => Promise.reject(new Error("defect")), 1);
    lane.add(() => void done.push("never"), 1);
    first.resolve();
    await end;
    expect(done).toEqual(["fault: defect"]);
  });

  test("a full lane refuses, by number and by bytes", () => {
    const { lane } = openLane();
    for (let i = 0; i < 1_000; i++) expect(lane.add(() => undefined, 1)).toBe(true);
    expect(lane.add(() => undefined, 1)).toBe(false);
    const other = openLane().lane;
    expect(other.add(() => undefined, 8 * 1024 * 1024)).toBe(true);
    expect(other.add(() => undefined, 1)).toBe(false);
  });
});
