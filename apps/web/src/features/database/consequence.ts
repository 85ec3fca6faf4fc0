import type { DatabaseChange } from "#lib/schemas/database.ts";

/** What a change means for those who listen, in one or two sentences. */
export function consequenceOf(change: DatabaseChange): string {
  switch (change.kind) {
    case "publish":
      return change.again
        ? "Rows committed from now on are streamed like this. Nobody is disconnected."
        : "Rows committed from now on reach every channel that listens to this table and may read them.";
    case "unpublish":
      return "Channels that listen to this table hear nothing of it from now on. The table itself stays as it is.";
    case "row-security":
      return change.enabled
        ? "From now on a role reads only the rows that a policy lets it read; without one that is none. service_role reads all."
        : "Every role with a grant reads every row. The policies stay, but nobody asks them any more.";
    case "replica-identity":
      return change.identity === "full"
        ? "UPDATE and DELETE write the whole old row to the WAL: old_record is complete, and the table costs more WAL."
        : "UPDATE and DELETE write only the primary key of the old row to the WAL.";
    case "create-policy":
      return "It counts for new joins at once, and for open channels within five seconds.";
    case "edit-policy":
      return "The new policy counts for new joins at once, and for open channels within five seconds.";
    case "drop-policy":
      return "Whoever it alone lets in is out within five seconds, also on channels that are open. This cannot be undone.";
  }
}

/** Something that worked may stop working. */
export function isTakingAway(change: DatabaseChange): boolean {
  return (
    change.kind === "unpublish" ||
    change.kind === "drop-policy" ||
    (change.kind === "row-security" && !change.enabled)
  );
}
