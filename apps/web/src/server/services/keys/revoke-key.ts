import { revokeApiKey } from "@tidewire/db/api-keys";
import type { ProjectScope } from "../../context.ts";
import { recordEvent } from "../audit/record-event.ts";
import { findKey } from "./find-key.ts";

/** At once, on every node. @throws Problem `KeyNotFound` */
export async function revokeKey(ctx: ProjectScope, id: string): Promise<void> {
  const { ref } = ctx.project;
  const { prefix, kind, name } = await findKey(ctx, id);
  await revokeApiKey(ctx.resources.db, ref, id);
  await recordEvent(ctx, { action: "key.revoke", target: prefix, projectRef: ref, before: { kind, name } });
}
