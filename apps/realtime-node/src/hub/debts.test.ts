import { expect, test } from "vitest";
import { Debts } from "./debts.ts";

const everySecond = (atMs: number) => Math.max(0, Math.ceil(atMs / 1_000) - 1);

test("[P3] who joined is owed what was accepted since, who resumes what it does not have", () => {
  const debts = new Debts(50_000);
  expect(debts.firstOwed("a", everySecond)).toBe(50);
  debts.add({ sinceMs: 10_000, positions: { a: 60 } });
  expect(debts.firstOwed("a", everySecond)).toBe(50);
  expect(debts.firstOwed("b", everySecond)).toBe(10);
  debts.add({ sinceMs: 20_000, positions: { a: 30, b: 30 } });
  expect(debts.firstOwed("a", everySecond)).toBe(31);
  expect(debts.firstOwed("b", everySecond)).toBe(10);
  expect(debts.sinceMs).toBe(10_000);
});

test("many that resume are taken together, and nobody is owed less for it", () => {
  const debts = new Debts(500_000);
  for (let n = 0; n < 1_000; n++) {
    debts.add({ sinceMs: 100_000 + n, positions: { a: 400 - (n % 7), [`only-${n}`]: 1 } });
  }
  expect(debts.firstOwed("a", everySecond)).toBe(395);
  expect(debts.firstOwed("only-3", everySecond)).toBe(100);
  expect(debts.sinceMs).toBe(100_000);
});

test("a client that claims to have what does not exist takes nothing from the others", () => {
  const debts = new Debts(50_000);
  debts.add({ sinceMs: 0, positions: { a: 1_000_000 } });
  expect(debts.firstOwed("a", everySecond)).toBe(50);
});
