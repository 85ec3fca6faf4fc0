import { once } from "node:events";
import type { Member } from "../load/member.ts";
import type { CrowdOrder, CrowdQuestion } from "./crowd.ts";
import { subscribeAll } from "./subscribers.ts";

const members: Member[] = [];
process.on("disconnect", () => process.exit(0));
const [listening] = await once(process, "message");
process.on("message", (message: CrowdOrder | CrowdQuestion) => {
  if (message === "frames") process.send?.(members.reduce((total, { frames }) => total + frames, 0));
  else void join(message);
});
process.send?.("ready");

async function join(order: CrowdOrder): Promise<void> {
  members.push(...(await subscribeAll(listening, order)));
  process.send?.("joined");
}
