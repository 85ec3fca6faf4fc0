import { expect, test } from "vitest";
import { isRunning, mayMove, type NodeState } from "./lifecycle.ts";

test("a node's life goes forwards only", () => {
  const states: NodeState[] = ["starting", "ready", "draining", "gone"];
  for (const [i, from] of states.entries()) {
    for (const [j, to] of states.entries()) expect(mayMove(from, to)).toBe(j > i);
  }
});

test("a process is seen while it lives", () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(2 ** 30)).toBe(false);
});
