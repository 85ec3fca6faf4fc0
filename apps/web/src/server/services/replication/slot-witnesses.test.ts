import { expect, test } from "vitest";
import { Problem } from "../../problem.ts";
import { type SlotReading, SlotWitnesses } from "./slot-witnesses.ts";

const at = (confirmedLsn: string): SlotReading => ({
  blocker: null,
  slot: {
    name: "tidewire_demo",
    walStatus: "reserved",
    retainedBytes: 1,
    lagBytes: 1,
    confirmedLsn,
    restartLsn: "0/1",
    serverLsn: "0/9",
    holder: null,
    inactiveForMs: null,
  },
});

test("many pages ask the database once, and sooner again only when something is wrong", async () => {
  let nowMs = 0;
  let asked = 0;
  const witnesses = new SlotWitnesses(() => nowMs);
  const ask = (urgent: boolean) =>
    witnesses.ask("demo", async () => ({ ...at("0/1"), asked: ++asked }), urgent);
  await Promise.all([ask(false), ask(false), ask(true)]);
  expect(asked).toBe(1);
  nowMs = 3_000;
  await ask(false);
  expect(asked).toBe(1);
  await ask(true);
  expect(asked).toBe(2);
});

test("a position that does not move is told with the time since it was first seen there", async () => {
  let nowMs = 0;
  const witnesses = new SlotWitnesses(() => nowMs);
  const unmovedAfter = async (ms: number, lsn: string) => {
    nowMs += ms;
    const witness = await witnesses.ask("demo", async () => at(lsn), true);
    return witness.kind === "said" ? witness.slot?.unmovedForMs : undefined;
  };
  expect(await unmovedAfter(0, "0/1")).toBe(0);
  expect(await unmovedAfter(3_000, "0/1")).toBe(3_000);
  expect(await unmovedAfter(3_000, "0/2")).toBe(0);
  expect(await unmovedAfter(90_000, "0/2")).toBe(0);
});

test("a database that does not answer is a witness too", async () => {
  const witnesses = new SlotWitnesses(() => 0);
  const silent = witnesses.ask("demo", () => Promise.reject(new Problem("ProjectDatabaseDown")), true);
  expect(await silent).toMatchObject({ kind: "silent", reason: "The project's database does not answer." });
});
