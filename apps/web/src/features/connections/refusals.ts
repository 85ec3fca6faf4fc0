import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { isErrorCode, outcomeOf } from "@tidewire/protocol/errors";

export interface RefusalGroup {
  code: string;
  count: number;
  lastAtMs: number;
  /** What the client was told. */
  sentence: string;
  /** What ends it. */
  remedy: string | null;
  /** What the client should do next. */
  retry: string | null;
}

const RETRY_WORDS = {
  never: "need not try again",
  "at-once": "may try again at once",
  "with-backoff": "may try again after a while",
  "after-refresh": "may try again with a fresh token",
  "after-change": "may try again once that has changed",
} as const;

/** The sentence without the code, which stands beside it. */
export function reasonOf({ code, message }: Pick<TapEvent, "code" | "message">): string | undefined {
  return code !== undefined && message?.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
}

/** Refusals by code, the most frequent first, each with the words of the error table. */
export function groupRefusals(events: readonly TapEvent[]): RefusalGroup[] {
  const groups = new Map<string, RefusalGroup>();
  for (const { kind, code = "Unknown", message, atMs } of events) {
    if (kind !== "refusal") continue;
    const known = groups.get(code);
    if (known) {
      known.count++;
      known.lastAtMs = Math.max(known.lastAtMs, atMs);
      continue;
    }
    const outcome = isErrorCode(code) ? outcomeOf(code) : null;
    groups.set(code, {
      code,
      count: 1,
      lastAtMs: atMs,
      sentence: outcome?.text ?? message ?? "",
      remedy: outcome?.remedy ?? null,
      retry: outcome ? RETRY_WORDS[outcome.retry] : null,
    });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastAtMs - a.lastAtMs);
}
