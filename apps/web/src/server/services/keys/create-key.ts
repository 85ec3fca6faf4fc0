import type { ProjectScope } from "../../context.ts";
import type { CreatedKey } from "../../views/key.ts";

export async function createKey(_ctx: ProjectScope, _input: { kind: "publishable" | "secret"; name: string }): Promise<CreatedKey> {
  throw new Error("being written");
}
