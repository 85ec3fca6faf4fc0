import { ProjectLimits } from "@tidewire/protocol/project";
import { expect, test } from "vitest";
import type { Overview } from "#server/views/overview.ts";
import { currentUse, LIMIT_FIELDS } from "./limit-fields.ts";

test("every limit of the contract has its field", () => {
  expect(LIMIT_FIELDS.map(({ name }) => name).sort()).toEqual(Object.keys(ProjectLimits.shape).sort());
});

const view = {
  answered: ["a"],
  totals: { connections: 7 },
  rates: { messagesIn: 2, deliveries: 40 },
  replication: null,
} as Overview;

test("an event is a message sent or a copy delivered", () => {
  expect(currentUse("maxEventsPerSecond", view)).toBe(42);
});

test("what nobody measures or answers for is unknown, not zero", () => {
  expect(currentUse("databasePool", view)).toBeUndefined();
  expect(currentUse("maxConcurrentUsers", { ...view, answered: [] })).toBeUndefined();
});
