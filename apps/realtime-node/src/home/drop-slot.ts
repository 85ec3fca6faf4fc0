import pg from "pg";
import { systemClock } from "../clock.ts";
import { within } from "../deadline.ts";
import type { Log } from "../log.ts";
import { sessionOf } from "../wal/session.ts";
import { dropClosedSlot, slotName } from "../wal/slot.ts";

const DEADLINE_MS = 5_000;

/** Removes a slot that no home holds, with a connection made for it. A database that is away keeps it, with a warning. */
export async function dropSlotOf(databaseUrl: string, ref: string, log: Log): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: DEADLINE_MS });
  client.on("error", () => undefined);
  const drop = async () => {
    await client.connect();
    await dropClosedSlot(sessionOf(client), slotName(ref));
  };
  try {
    await within("dropping a slot", drop(), { timeoutMs: DEADLINE_MS, clock: systemClock });
  } catch (err) {
    log.warn({ err, ref }, "the slot of a deleted project could not be dropped");
  } finally {
    await within("closing", client.end(), { timeoutMs: 1_000, clock: systemClock }).catch(() => undefined);
  }
}
