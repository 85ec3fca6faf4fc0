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

/** Give it the transaction of the change itself, so that neither is without the other. */
export async function recordAudit(db: Db | DbTransaction, entry: AuditEntry): Promise<void> {
  await translateErrors(db.auditEvent.create({ data: entry }));
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
