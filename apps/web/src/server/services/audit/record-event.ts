import { type AuditEntry, recordAudit } from "@tidewire/db/audit";
import type { MemberScope } from "../../context.ts";

export type Event = Pick<AuditEntry, "action" | "target" | "projectRef" | "before" | "after">;

/** Writes down who did it, in which organisation and from where. Secrets never go into an event. @returns its id */
export function recordEvent(
  { resources, user, membership, caller }: MemberScope,
  event: Event,
): Promise<string> {
  return recordAudit(resources.db, {
    ...event,
    ...caller,
    organisationId: membership.organisation.id,
    actorId: user.id,
    actor: user.email,
  });
}
