import { open } from "node:fs/promises";
import type { MemberScope } from "../../context.ts";
import { Problem } from "../../problem.ts";
import { nodeLogFile } from "../../resources.ts";
import type { NodeLog } from "../../views/fleet.ts";
import { findNode } from "../nodes/find-node.ts";

const TAIL_BYTES = 64 * 1024;

/** The end of a node's log, when the node runs on this machine. @throws Problem */
export async function readNodeLog({ resources }: MemberScope, id: string): Promise<NodeLog> {
  // Only names of known nodes become part of a path.
  const { id: node } = await findNode(resources, id);
  const file = await open(nodeLogFile(resources.env, node)).catch((cause: unknown) => {
    throw new Problem("LogNotHere", { cause });
  });
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, TAIL_BYTES)), {
      position: from,
    });
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    // The cut may have gone through a line.
    if (from > 0) lines.shift();
    return { node, lines: lines.filter((line) => line !== ""), truncated: from > 0 };
  } finally {
    await file.close();
  }
}
