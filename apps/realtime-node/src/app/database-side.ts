import { Refusal } from "@tidewire/protocol/errors";
import type { Core } from "./core.ts";
export function createDatabaseSide(_core: Core) {
  const no = async (): Promise<never> => {
    throw new Refusal("HomeUnavailable");
  };
  return {
    home: { authorize: no, replay: no, status: no },
    bindings: { subscribe: no, unsubscribe: () => undefined },
    homes: { snapshot: (_ref: string) => null as import("@tidewire/protocol/cluster/inspect").ReplicationSnapshot | null },
    stepDown: async () => undefined,
    release: async (_ref: string) => undefined,
    close: async () => undefined,
  };
}
export type DatabaseSide = ReturnType<typeof createDatabaseSide>;
