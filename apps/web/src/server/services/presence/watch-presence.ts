import type { ProjectScope } from "../../context.ts";
import type { PresenceView } from "../../views/presence.ts";

export function watchPresence(_ctx: ProjectScope, _topic: string | undefined, _signal: AbortSignal | undefined): AsyncGenerator<PresenceView, void, void> {
  throw new Error("being written");
}
