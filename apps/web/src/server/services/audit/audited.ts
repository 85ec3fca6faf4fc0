import { amendAudit } from "@tidewire/db/audit";
import type { MemberScope } from "../../context.ts";
import { type Event, recordEvent } from "./record-event.ts";

interface Intent extends Event {
  after: Record<string, string>;
}

/** What an event says until its outcome is known, and for good if nobody could write the outcome down. */
const OPEN = "not known";

/**
 * Does something outside the control database, which no transaction can hold together with its event: the event is
 * there before `work` begins and learns afterwards how it ended, so that nothing is done that was not written down.
 *
 * @throws DbError before anything is done; whatever `work` throws
 */
export async function audited<T>(ctx: MemberScope, intent: Intent, work: () => Promise<T>): Promise<T> {
  const id = await recordEvent(ctx, { ...intent, after: { ...intent.after, outcome: OPEN } });
  const conclude = (outcome: string) =>
    amendAudit(ctx.resources.db, id, { ...intent.after, outcome }).catch((err: unknown) =>
      ctx.resources.log.warn(
        { err, event: id, outcome },
        "the outcome of an audit event could not be written",
      ),
    );
  try {
    const value = await work();
    await conclude("done");
    return value;
  } catch (error) {
    await conclude(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
