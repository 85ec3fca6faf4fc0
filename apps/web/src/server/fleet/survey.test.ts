import { expect, test } from "vitest";
import { survey } from "./survey.ts";

const node = (id: string) => ({ id, region: "eu", connections: 7, beatAtMs: 500 });
const nowMs = () => 1_000;

test("every node that answers is heard, in order of name", async () => {
  const result = await survey([node("b"), node("a")], async ({ id }) => id.toUpperCase(), { nowMs });
  expect(result.replies.map((reply) => reply.value)).toEqual(["A", "B"]);
  expect(result).toMatchObject({ askedAtMs: 1_000, answered: ["a", "b"], silent: [] });
});

test("[M7] a node that hangs is named after the deadline and holds up nobody", async () => {
  const result = await survey(
    [node("slow"), node("quick")],
    ({ id }) => (id === "slow" ? new Promise<number>(() => undefined) : Promise.resolve(1)),
    { nowMs, deadlineMs: 20 },
  );
  expect(result.answered).toEqual(["quick"]);
  expect(result.silentNodes).toEqual([
    { node: "slow", region: "eu", connections: 7, beatAtMs: 500, reason: "no answer within 0.02 s" },
  ]);
});

test("a refused connection and an unreadable answer are told apart", async () => {
  const refused = new Error("fetch failed", {
    cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
  });
  const result = await survey(
    [node("a"), node("b")],
    async ({ id }) => {
      throw id === "a" ? refused : new Error("odd");
    },
    { nowMs },
  );
  expect(result.silentNodes.map((silent) => silent.reason)).toEqual([
    "nothing listens on its admin port",
    "its answer could not be read",
  ]);
});
