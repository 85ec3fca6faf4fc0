import { setTimeout as delay } from "node:timers/promises";
import { withConnection } from "@tidewire/db/connect-once";
import type { ControlPlane } from "@tidewire/db/control-plane";
import { readProjectSecrets } from "@tidewire/db/projects";

const PATIENCE_MS = 5_000;
const PAUSE_MS = 100;

/** Named by the nodes: `tidewire_<ref>`. */
export function toSlotName(ref: string): string {
  return `tidewire_${ref}`;
}

/**
 * Makes sure that a database that is not ours keeps no WAL for a project that is gone, also when no node is there to
 * drop its own slot. Tables, roles and the realtime schema stay: they may be used by others.
 *
 * @throws when the database cannot be reached or the slot stays in use
 */
export async function dropSlot(plane: ControlPlane, ref: string): Promise<void> {
  const { databaseUrl: url } = await readProjectSecrets(plane, ref);
  if (url === null) return;
  await withConnection({ url, applicationName: "tidewire-delete" }, async (client) => {
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const { rows } = await client.query<{ pid: number | null }>(
        "select active_pid as pid from pg_replication_slots where slot_name = $1",
        [toSlotName(ref)],
      );
      const slot = rows[0];
      if (slot === undefined) return;
      if (slot.pid === null) await client.query("select pg_drop_replication_slot($1)", [toSlotName(ref)]);
      else if (performance.now() > deadlineMs)
        throw new Error(`its replication slot is still in use by process ${slot.pid}`);
      await delay(PAUSE_MS);
    }
  });
}
