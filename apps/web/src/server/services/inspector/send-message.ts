import type { ProjectScope } from "../../context.ts";
import type { SentMessage } from "../../views/inspector.ts";
import type { SendMessage } from "../../../lib/schemas/inspector.ts";

export async function sendMessage(_ctx: ProjectScope, _input: SendMessage): Promise<SentMessage> {
  throw new Error("being written");
}
