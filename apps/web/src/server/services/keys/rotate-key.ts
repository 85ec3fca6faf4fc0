import type { ProjectScope } from "../../context.ts";
import type { CreatedKey } from "../../views/key.ts";

export async function rotateKey(_ctx: ProjectScope, _id: string): Promise<CreatedKey> {
  throw new Error("being written");
}
