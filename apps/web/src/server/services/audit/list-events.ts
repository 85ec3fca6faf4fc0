import { type AuditEvent, listAudit } from "@tidewire/db/audit";
import type { MemberScope } from "../../context.ts";
import type { AuditPage, AuditView } from "../../views/audit.ts";

const PAGE_EVENTS = 200;

/** What happened in the organisation, newest first, from the event before `cursor` on. */
export async function listEvents(
  { resources, membership }: MemberScope,
  cursor: string | null,
): Promise<AuditPage> {
  const rows = await listAudit(resources.db, {
    organisationId: membership.organisation.id,
    limit: PAGE_EVENTS,
    ...(cursor === null ? {} : { before: cursor }),
  });
  return {
    events: rows.map(toView),
    nextCursor: rows.length === PAGE_EVENTS ? (rows.at(-1)?.id ?? null) : null,
  };
}

function toView({
  id,
  at,
  actor,
  action,
  target,
  projectRef,
  before,
  after,
  ipAddress,
}: AuditEvent): AuditView {
  return {
    id,
    atMs: at.getTime(),
    actor,
    action,
    target,
    projectRef: projectRef ?? null,
    before: toJson(before),
    after: toJson(after),
    address: ipAddress ?? null,
  };
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
