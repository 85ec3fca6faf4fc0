import { expect, test } from "vitest";
import { judge, type Watched } from "./watch.ts";

const watched = (changes: Partial<Watched>): Watched => ({
  heardAtMs: 0,
  isPaused: false,
  unansweredProbeSinceMs: undefined,
  ranAtMs: 0,
  ...changes,
});

test("[P6] a frozen server is called lost within a second of its last word", () => {
  expect(judge(watched({ ranAtMs: 100 }), 200)).toBe("well");
  expect(judge(watched({ ranAtMs: 200 }), 400)).toBe("ping");
  expect(judge(watched({ ranAtMs: 400 }), 600)).toBe("probe");
  expect(judge(watched({ ranAtMs: 600, unansweredProbeSinceMs: 600 }), 800)).toBe("ping");
  expect(judge(watched({ ranAtMs: 800, unansweredProbeSinceMs: 600 }), 1_000)).toBe("lost");
});

test("a silent stream is not lost while an ordinary connection answers", () => {
  expect(judge(watched({ ranAtMs: 4_900 }), 5_000)).toBe("probe");
  expect(judge(watched({ ranAtMs: 4_900, unansweredProbeSinceMs: 4_900 }), 5_000)).toBe("ping");
});

test("silence that we made ourselves, or slept through, is no evidence", () => {
  const silent = { unansweredProbeSinceMs: 0 };
  expect(judge(watched({ ...silent, isPaused: true, ranAtMs: 4_900 }), 5_000)).toBe("well");
  expect(judge(watched({ ...silent, ranAtMs: 4_000 }), 5_000)).toBe("well");
});
