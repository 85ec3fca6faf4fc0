import { setTimeout as delay } from "node:timers/promises";
import { signUserToken } from "@tidewire/testkit/tokens";
import { Member } from "../load/member.ts";
import type { Listening } from "../servers/server-process.ts";

const JOINING_AT_ONCE = 10;

export interface SubscriberOptions {
  /** Default: all rows. */
  filter?: string;
  table?: string;
  /** Those that the policies look at. */
  claims?: Record<string, unknown>;
  onFrame?: (payload: Buffer) => void;
}

/** Joins a topic of its own; resolves when the server has said "Subscribed to PostgreSQL". */
export function subscribe(
  { socketUrl, jwtSecret = "" }: Listening,
  { filter, table = "bench_rows", claims, onFrame }: SubscriberOptions = {},
): Promise<Member> {
  const binding = { event: "*", schema: "public", table, ...(filter && { filter }) };
  const payload = {
    config: { postgres_changes: [binding] },
    access_token: signUserToken(jwtSecret, { role: "authenticated", ...claims }),
  };
  return Member.join(socketUrl, `realtime:bench-${Math.random()}`, { onFrame, payload, frames: 2 });
}

/** In this order, a few at a time. */
export async function subscribeAll(
  listening: Listening,
  wanted: readonly SubscriberOptions[],
): Promise<Member[]> {
  const members: Member[] = [];
  for (let from = 0; from < wanted.length; from += JOINING_AT_ONCE) {
    const some = wanted.slice(from, from + JOINING_AT_ONCE);
    members.push(...(await Promise.all(some.map((options) => subscribe(listening, options)))));
  }
  return members;
}

/** How many frames are missing at the deadline; for how long each member must wait is its own affair. */
export async function untilReceived(
  members: readonly Member[],
  frames: number,
  deadlineMs: number,
): Promise<number> {
  const endMs = performance.now() + deadlineMs;
  const missing = () => members.reduce((sum, member) => sum + Math.max(0, frames - member.frames), 0);
  while (missing() > 0 && performance.now() < endMs) await delay(2);
  return missing();
}
