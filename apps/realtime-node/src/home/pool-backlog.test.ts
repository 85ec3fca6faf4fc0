import { expect, test } from "vitest";
import { Backlog } from "./pool-backlog.ts";

const work = (lane: "stream" | "live" | "check" | "upkeep", name: string) => ({ lane, name });

test("the stream goes first, then channels that live, upkeep last, each in its order", () => {
  const backlog = new Backlog<ReturnType<typeof work>>();
  for (const each of [
    work("upkeep", "u"),
    work("check", "c1"),
    work("check", "c2"),
    work("live", "l"),
    work("stream", "s"),
  ])
    backlog.add(each);
  const names = Array.from({ length: 5 }, () => backlog.take()?.name);
  expect(names).toEqual(["s", "l", "c1", "c2", "u"]);
  expect(backlog.take()).toBeUndefined();
});

test("a full backlog refuses checks and never the stream", () => {
  const backlog = new Backlog<ReturnType<typeof work>>();
  let accepted = 0;
  while (backlog.add(work("check", String(accepted)))) accepted++;
  expect(accepted).toBe(20_000);
  expect(backlog.add(work("stream", "s"))).toBe(true);
  expect(backlog.drain()).toHaveLength(20_001);
  expect(backlog.length).toBe(0);
});

test("mates are taken from the front of their lane, up to the first that does not fit", () => {
  const backlog = new Backlog<ReturnType<typeof work>>();
  for (const name of ["a", "a", "a", "b", "a"]) backlog.add(work("check", name));
  const isA = ({ name }: { name: string }) => name === "a";
  expect(backlog.takeWhile("check", isA, 2)).toHaveLength(2);
  expect(backlog.takeWhile("check", isA, 9)).toHaveLength(1);
  expect(backlog.takeWhile("live", isA, 9)).toHaveLength(0);
  expect(backlog.length).toBe(2);
});

test("work is removed once", () => {
  const backlog = new Backlog<ReturnType<typeof work>>();
  const only = work("check", "c");
  backlog.add(only);
  expect(backlog.remove(only)).toBe(true);
  expect(backlog.remove(only)).toBe(false);
});
