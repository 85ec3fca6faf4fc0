import { membershipsOf } from "@tidewire/db/organisations";
import type { Membership } from "../../context.ts";
import type { Resources } from "../../resources.ts";

/** The user's organisations, oldest first. */
export async function findMemberships({ db }: Pick<Resources, "db">, userId: string): Promise<Membership[]> {
  const memberships = await membershipsOf(db, userId);
  return memberships.map(({ organisationId, organisationName, role }) => ({
    organisation: { id: organisationId, name: organisationName },
    role,
  }));
}
