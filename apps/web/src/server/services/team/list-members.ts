import { membersOf } from "@tidewire/db/organisations";
import type { MemberScope } from "../../context.ts";
import type { TeamView } from "../../views/team.ts";

export async function listMembers({ resources, membership }: MemberScope): Promise<TeamView> {
  const { id, name } = membership.organisation;
  const members = await membersOf(resources.db, id, new Date(resources.nowMs()));
  return {
    organisation: name,
    members: members.map(({ userId, since, ...member }) => ({
      ...member,
      id: userId,
      sinceMs: since.getTime(),
    })),
  };
}
