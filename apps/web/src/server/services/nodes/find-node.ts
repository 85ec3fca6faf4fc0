import type { NodeRow } from "@tidewire/db/node-store";
import { Problem } from "../../problem.ts";
import type { Resources } from "../../resources.ts";

/** @throws Problem `NodeNotFound` */
export async function findNode({ directory }: Pick<Resources, "directory">, id: string): Promise<NodeRow> {
  const node = (await directory.all()).find((row) => row.id === id && row.state !== "gone");
  if (node === undefined) throw new Problem("NodeNotFound");
  return node;
}
