import { expect, test } from "vitest";
import { busContract } from "./bus.contract.ts";
import type { Disruption } from "./bus.ts";
import { MemoryBroker, MemoryBus } from "./memory-bus.ts";

busContract("memory", async () => {
  const broker = new MemoryBroker();
  const buses: MemoryBus[] = [];
  return {
    async connect() {
      const bus = new MemoryBus(broker, { onHandlerError: () => {} });
      buses.push(bus);
      return bus;
    },
    async [Symbol.asyncDispose]() {
      for (const bus of buses) await bus.close();
    },
  };
});

test("a lone bus reaches nobody, so nothing has to be encoded for it", () => {
  const bus = new MemoryBus();
  bus.subscribe("t.self", () => {});
  expect(bus.mayReach("t.self")).toBe(false);
});

test("a full inbox refuses the newest, counts it and tells the bus that missed it", async () => {
  const broker = new MemoryBroker();
  const sender = new MemoryBus(broker);
  const receiver = new MemoryBus(broker, { inbox: { messagesMax: 3, bytesMax: 1_000 } });
  const [seen, disruptions]: [number[], Disruption[]] = [[], []];
  receiver.subscribe("t.full", ({ data }) => seen.push(data[0] ?? -1));
  receiver.onDisruption((disruption) => disruptions.push(disruption));
  for (let i = 0; i < 5; i++) sender.publish("t.full", Uint8Array.of(i));
  await sender.flush();
  expect(seen).toEqual([0, 1, 2]);
  await expect.poll(() => disruptions).toEqual([{ cause: "overflow", messagesLost: 2 }]);
  expect(receiver.status.lost).toBe(2);
  sender.publish("t.full", Uint8Array.of(9));
  await sender.flush();
  expect(seen).toEqual([0, 1, 2, 9]);
});
