import type { ProjectScope } from "../../context.ts";
import type { TailParcel } from "../../views/inspector.ts";
import type { Tail } from "../../../lib/schemas/inspector.ts";
import type { z } from "zod";
import type { TrackedEnvelope } from "@trpc/server";

export function tailProject(_ctx: ProjectScope, _input: z.infer<typeof Tail>, _signal: AbortSignal | undefined): AsyncGenerator<TrackedEnvelope<TailParcel>, void, void> {
  throw new Error("being written");
}
