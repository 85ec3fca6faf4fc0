import type { ProjectScope } from "../../context.ts";
import type { KeyList } from "../../views/key.ts";

export async function listKeys(_ctx: ProjectScope): Promise<KeyList> {
  throw new Error("being written");
}
