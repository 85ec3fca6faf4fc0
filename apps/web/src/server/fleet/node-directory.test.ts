import type { NodeRow } from "@tidewire/db/node-store";
import { expect, test } from "vitest";
import { NodeDirectory } from "./node-directory.ts";

const row = (id: string, over: Partial<NodeRow> = {}): NodeRow => ({
  id,
  boot: "b",
  region: "eu",
  url: "http://localhost:4000",
  adminUrl: "http://127.0.0.1:4900",
  pid: 1,
  version: "0",
  state: "ready",
  connections: 0,
  startedAtMs: 0,
  beatAtMs: 0,
  metrics: {},
  ...over,
});

test("many readers at once are one question", async () => {
  let asked = 0;
  const directory = new NodeDirectory(
    async () => {
      asked++;
      return [row("a")];
    },
    () => 1_000,
  );
  await Promise.all([directory.all(), directory.all(), directory.expected()]);
  await directory.all();
  expect(asked).toBe(1);
});

test("nodes that said goodbye or were forgotten are not expected to answer", async () => {
  const rows = [
    row("a"),
    row("b", { state: "gone" }),
    row("c", { beatAtMs: -60_000 }),
    row("d", { state: "draining" }),
  ];
  const directory = new NodeDirectory(
    async () => rows,
    () => 1_000,
  );
  expect((await directory.expected()).map((node) => node.id)).toEqual(["a", "d"]);
});

test("[P9] an outage of the control database freezes the list, however long it lasts", async () => {
  const clock = { ms: 1_000, broken: false };
  const directory = new NodeDirectory(
    async () => {
      if (clock.broken) throw new Error("down");
      return [row("a")];
    },
    () => clock.ms,
  );
  await directory.all();
  clock.broken = true;
  clock.ms += 3_600_000;
  expect((await directory.expected()).map((node) => node.id)).toEqual(["a"]);
  expect(directory.error).toBeInstanceOf(Error);
});
