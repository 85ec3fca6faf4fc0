import type { ProjectScope } from "../../context.ts";
import type { RevealedSecrets } from "../../views/key.ts";

export async function revealSecrets(_ctx: ProjectScope): Promise<RevealedSecrets> {
  throw new Error("being written");
}
