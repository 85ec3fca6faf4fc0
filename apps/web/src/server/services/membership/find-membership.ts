import type { Membership } from "../../context.ts";
import type { Resources } from "../../resources.ts";

export async function findMembership(_resources: Resources, _userId: string): Promise<Membership> {
  throw new Error("being written");
}
