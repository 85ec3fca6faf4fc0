import type { ProjectScope } from "../../context.ts";
import type { PresenceView } from "../../views/presence.ts";
import { watch } from "../live/watch.ts";
import { readPresence } from "./read-presence.ts";

export function watchPresence(
  ctx: ProjectScope,
  topic: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<PresenceView, void, void> {
  return watch(() => readPresence(ctx, topic), signal);
}
