import { createApiKey } from "@tidewire/db/api-keys";
import type { KeyKind } from "../../../lib/schemas/key.ts";
import type { ProjectScope } from "../../context.ts";
import type { CreatedKey } from "../../views/key.ts";
import { recordEvent } from "../audit/record-event.ts";

/** The answer is the only time a secret key is seen. */
export async function createKey(
  ctx: ProjectScope,
  { kind, name }: { kind: KeyKind; name: string },
): Promise<CreatedKey> {
  const { ref } = ctx.project;
  const { id, value, prefix } = await createApiKey(ctx.resources, ref, kind, { name });
  await recordEvent(ctx, { action: "key.create", target: prefix, projectRef: ref, after: { kind, name } });
  return { id, kind, key: value };
}
