import { type ApiKey, listApiKeys } from "@tidewire/db/api-keys";
import type { ProjectScope } from "../../context.ts";
import { Problem } from "../../problem.ts";

export type OpaqueKey = ApiKey & { kind: "publishable" | "secret" };

/** A publishable or secret key of the project. @throws Problem `KeyNotFound` */
export async function findKey({ resources, project }: ProjectScope, id: string): Promise<OpaqueKey> {
  const keys = await listApiKeys(resources, project.ref);
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined || (key.kind !== "publishable" && key.kind !== "secret"))
    throw new Problem("KeyNotFound");
  return { ...key, kind: key.kind };
}
