import { findNatsServer, startNats } from "@tidewire/testkit/nats";
import type { Bus } from "../src/bus/bus.ts";
import { MemoryBroker, MemoryBus } from "../src/bus/memory-bus.ts";
import { connectNatsBus } from "../src/bus/nats-bus.ts";
import { createLog } from "../src/log.ts";

const hasNats = findNatsServer() !== undefined;

/** A network that nodes of one test share. The caller closes it, after its buses. */
export interface TestNet extends AsyncDisposable {
  connect(): Promise<Bus>;
}

/** Every kind of bus this machine can run; tests of what happens between nodes run once per kind. */
export const BUS_KINDS = hasNats ? (["memory", "nats"] as const) : (["memory"] as const);

export async function createNet(kind: (typeof BUS_KINDS)[number]): Promise<TestNet> {
  return kind === "memory" ? createMemoryNet() : createNatsNet();
}

function createMemoryNet(): TestNet {
  const broker = new MemoryBroker();
  return { connect: async () => new MemoryBus(broker), [Symbol.asyncDispose]: async () => {} };
}

async function createNatsNet(): Promise<TestNet> {
  const server = await startNats();
  const log = createLog({ level: "silent", fields: {} });
  return {
    connect: () => connectNatsBus({ url: server.url, name: "test" }, log),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
