import type { SilentNode, Surveyed } from "../views/survey.ts";

/** The dashboard's patience: a page may not wait longer for a node than for its user's next thought. */
const SURVEY_DEADLINE_MS = 1_500;

/** A node that is expected to answer. */
export interface Expected {
  id: string;
  region: string;
  connections: number;
  beatAtMs: number;
}

export interface Reply<T> {
  node: string;
  region: string;
  value: T;
}

export interface SurveyResult<T> extends Surveyed {
  replies: Reply<T>[];
}

/**
 * Asks every node the same question at once. A node that fails or takes too long is named as silent; it never holds up
 * the others and never turns into a zero. Does not reject.
 */
export async function survey<N extends Expected, T>(
  nodes: readonly N[],
  ask: (node: N, signal: AbortSignal) => Promise<T>,
  { nowMs, deadlineMs = SURVEY_DEADLINE_MS }: { nowMs: () => number; deadlineMs?: number },
): Promise<SurveyResult<T>> {
  const askedAtMs = nowMs();
  const replies: Reply<T>[] = [];
  const silentNodes: SilentNode[] = [];
  await Promise.all(
    nodes.map(async (node) => {
      const { id, region } = node;
      try {
        replies.push({ node: id, region, value: await within(deadlineMs, (signal) => ask(node, signal)) });
      } catch (error) {
        const { connections, beatAtMs } = node;
        silentNodes.push({ node: id, region, connections, beatAtMs, reason: toReason(error, deadlineMs) });
      }
    }),
  );
  const byNode = (a: { node: string }, b: { node: string }) => a.node.localeCompare(b.node);
  replies.sort(byNode);
  silentNodes.sort(byNode);
  return {
    askedAtMs,
    replies,
    answered: replies.map((reply) => reply.node),
    silent: silentNodes.map((node) => node.node),
    silentNodes,
  };
}

/** The part of a survey that views carry. */
export function toSurveyed({ askedAtMs, answered, silent, silentNodes }: Surveyed): Surveyed {
  return { askedAtMs, answered, silent, silentNodes };
}

/** Rejects with a `TimeoutError` after `ms`, whether or not `run` heeds its signal. */
async function within<T>(ms: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(ms);
  const tooLate = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  tooLate.catch(() => undefined);
  return Promise.race([run(signal), tooLate]);
}

function toReason(error: unknown, deadlineMs: number): string {
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError")) {
    return `no answer within ${deadlineMs / 1000} s`;
  }
  return findCode(error) === "ECONNREFUSED"
    ? "nothing listens on its admin port"
    : "its answer could not be read";
}

function findCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string" && at.code.startsWith("E")) return at.code;
  }
  return undefined;
}
