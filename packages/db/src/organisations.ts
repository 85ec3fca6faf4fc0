import type { Db } from "./client.ts";
import { translateErrors } from "./errors.ts";
import type { Membership as MembershipModel } from "./generated/prisma/client.ts";

export type Role = MembershipModel["role"];

export interface Organisation {
  id: string;
  name: string;
  createdAt: Date;
}

export interface Membership {
  organisationId: string;
  organisationName: string;
  role: Role;
}

/** With its first owner, in one transaction. */
export function createOrganisation(
  db: Db,
  { name, ownerId }: { name: string; ownerId: string },
): Promise<Organisation> {
  return translateErrors(
    db.organisation.create({ data: { name, memberships: { create: { userId: ownerId, role: "owner" } } } }),
  );
}

/** The organisations a user belongs to, oldest first. */
export async function membershipsOf(db: Db, userId: string): Promise<Membership[]> {
  const rows = await translateErrors(
    db.membership.findMany({
      where: { userId },
      include: { organisation: true },
      orderBy: { createdAt: "asc" },
    }),
  );
  return rows.map(({ organisation, role }) => ({
    organisationId: organisation.id,
    organisationName: organisation.name,
    role,
  }));
}

export interface Member {
  userId: string;
  name: string;
  email: string;
  role: Role;
  since: Date;
  /** Sessions that have not run out. */
  sessions: number;
}

/** Everybody in an organisation, oldest first. */
export async function membersOf(db: Db, organisationId: string, now: Date): Promise<Member[]> {
  const rows = await translateErrors(
    db.membership.findMany({
      where: { organisationId },
      include: {
        user: { include: { _count: { select: { sessions: { where: { expiresAt: { gt: now } } } } } } },
      },
      orderBy: { createdAt: "asc" },
    }),
  );
  return rows.map(({ user, role, createdAt }) => ({
    userId: user.id,
    name: user.name,
    email: user.email,
    role,
    since: createdAt,
    sessions: user._count.sessions,
  }));
}
