import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Listening } from "../servers/server-process.ts";
import type { SubscriberOptions } from "./subscribers.ts";

const ANSWER_DEADLINE_MS = 120_000;

/** One subscriber for each; what arrives is counted. */
export type CrowdOrder = Omit<SubscriberOptions, "onFrame">[];
export type CrowdQuestion = "frames";

/**
 * Subscribers in a process of their own, so that those whose latency is measured do not wait until a thousand others
 * have been read: real clients do not wait for each other.
 */
export interface Crowd extends AsyncDisposable {
  join(order: CrowdOrder): Promise<void>;
  /** Received by all of them together since they joined. */
  frames(): Promise<number>;
}

export async function startCrowd(listening: Listening): Promise<Crowd> {
  const child = fork(fileURLToPath(new URL("./crowd-process.ts", import.meta.url)), {
    execArgv: ["--import", "tsx"],
  });
  const ask = <T>(message: Listening | CrowdOrder | CrowdQuestion): Promise<T> => {
    const answer = answerOf<T>(child);
    child.send(message);
    return answer;
  };
  await ask(listening);
  return {
    join: (order) => ask(order),
    frames: () => ask("frames"),
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, "message", { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
  return message;
}
