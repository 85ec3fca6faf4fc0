import type { ProjectScope } from "../../context.ts";
import type { PresenceView } from "../../views/presence.ts";

export async function readPresence(_ctx: ProjectScope, _topic: string | undefined): Promise<PresenceView> {
  throw new Error("being written");
}
