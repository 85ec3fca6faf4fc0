import type { Db, DbTransaction } from "./client.ts";
import { translateErrors } from "./errors.ts";
import type { Prisma } from "./generated/prisma/client.ts";

/** Who did what to what. Secrets never go into `before` and `after`. */
export interface AuditEntry {
  organisationId?: string;
  projectRef?: string;
  actorId?: string;
  /** E-mail of a person, or the name of a part of the system. */
  actor: string;
  /** `<entity>.<verb>`, e.g. `project.create`. */
  action: string;
  target: string;
  before?: Prisma.InputJsonValue;
  after?: Prisma.InputJsonValue;
  ipAddress?: string;
  userAgent?: string;
}

export interface AuditEvent extends Omit<AuditEntry, "before" | "after"> {
  id: string;
  at: Date;
  before: unknown;
  after: unknown;
}

/**
 * Give it the transaction of the change itself, so that neither is without the other; or write it before a change that
 * is made elsewhere, and say with {@link amendAudit} how that ended.
 *
 * @returns the event's id
 */
export async function recordAudit(db: Db | DbTransaction, entry: AuditEntry): Promise<string> {
  const { id } = await translateErrors(db.auditEvent.create({ data: entry, select: { id: true } }));
  return String(id);
}

/** What came of an event that was written before it happened. */
export async function amendAudit(db: Db, id: string, after: Prisma.InputJsonValue): Promise<void> {
  await translateErrors(db.auditEvent.update({ where: { id: BigInt(id) }, data: { after } }));
}

export interface AuditQuery {
  organisationId?: string;
  projectRef?: string;
  limit: number;
  /** Id of the last event of the page before. */
  before?: string;
}

/** Newest first. */
export async function listAudit(
  db: Db,
  { organisationId, projectRef, limit, before }: AuditQuery,
): Promise<AuditEvent[]> {
  const rows = await translateErrors(
    db.auditEvent.findMany({
      where: { organisationId, projectRef, ...(before ? { id: { lt: BigInt(before) } } : {}) },
      orderBy: { id: "desc" },
      take: limit,
    }),
  );
  return rows.map(({ id, organisationId, projectRef, actorId, ipAddress, userAgent, ...row }) => ({
    ...row,
    id: String(id),
    organisationId: organisationId ?? undefined,
    projectRef: projectRef ?? undefined,
    actorId: actorId ?? undefined,
    ipAddress: ipAddress ?? undefined,
    userAgent: userAgent ?? undefined,
  }));
}
