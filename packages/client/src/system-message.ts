import type { Gap, Recovery } from "./chronicle.ts";

/** Payload of a `system` event. */
export interface SystemPayload {
  extension?: string;
  status?: string;
  message?: string;
  recovered?: boolean;
  replayed?: number;
  origin?: string;
  from_seq?: number;
  to_seq?: number;
}

export interface SystemMeaning {
  gap?: Gap;
  recovery?: Recovery;
}

/** What a `system` message says about the messages of this channel; nothing for those about other things. */
export function toMeaning(payload: SystemPayload, atMs: number): SystemMeaning {
  const { extension, message = "", recovered, replayed = 0, origin, from_seq, to_seq } = payload;
  if (extension !== "broadcast") return {};
  if (recovered !== undefined) {
    const recovery = { atMs, complete: recovered, replayed };
    return recovered ? { recovery } : { recovery, gap: { atMs, kind: "while-away", message } };
  }
  if (origin === undefined || from_seq === undefined || to_seq === undefined) return {};
  return { gap: { atMs, kind: "between-nodes", message, origin, fromSeq: from_seq, toSeq: to_seq } };
}

/** Ended by the server because its token is no longer good: a fresh one brings it back. */
export function isAboutToken(text: string): boolean {
  return /token has expired|TokenExpired|InvalidJWTToken|no longer valid token/i.test(text);
}
