import { rotateApiKey } from "@tidewire/db/api-keys";
import type { ProjectScope } from "../../context.ts";
import type { CreatedKey } from "../../views/key.ts";
import { recordEvent } from "../audit/record-event.ts";
import { findKey } from "./find-key.ts";

/** Long enough to deploy every client of a small team. */
const OVERLAP_MS = 24 * 3_600_000;

/** A successor of the same kind and name; the old key goes on for a day. @throws Problem `KeyNotFound` */
export async function rotateKey(ctx: ProjectScope, id: string): Promise<CreatedKey> {
  const { ref } = ctx.project;
  const old = await findKey(ctx, id);
  const successor = await rotateApiKey(ctx.resources, ref, id, { overlapMs: OVERLAP_MS });
  await recordEvent(ctx, {
    action: "key.rotate",
    target: old.prefix,
    projectRef: ref,
    after: { prefix: successor.prefix, overlapMs: OVERLAP_MS },
  });
  return { id: successor.id, kind: old.kind, key: successor.value };
}
