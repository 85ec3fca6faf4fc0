/**
 * Bus subjects. A topic may hold any text, so it is encoded: NATS tokens allow neither dots, spaces nor wildcards.
 * Order of tokens is the order in which one narrows a subscription.
 */
export const subjects = {
  beat: () => "tw.beat",
  room: (ref: string, isPrivate: boolean, topic: string) =>
    `tw.room.${ref}.${isPrivate ? "prv" : "pub"}.${toToken(topic)}`,
  /** Requests to the one home of a project. */
  home: (ref: string) => `tw.home.${ref}`,
  /** Asks every node with a wish to be home to try now. */
  homeWanted: (ref: string) => `tw.home-wanted.${ref}`,
  notices: (ref: string) => `tw.notice.${ref}`,
  changes: (ref: string, node: string) => `tw.changes.${ref}.${toToken(node)}`,
  presence: (ref: string, isPrivate: boolean, topic: string) =>
    `tw.presence.${ref}.${isPrivate ? "prv" : "pub"}.${toToken(topic)}`,
  presenceTransfer: (node: string) => `tw.presence-transfer.${toToken(node)}`,
  history: (node: string) => `tw.history.${toToken(node)}`,
  /** A node that leaves gives another what that may not have. */
  bequest: (node: string) => `tw.bequest.${toToken(node)}`,
  /** Answered with what was asked: how long the way is. */
  probe: (node: string) => `tw.probe.${toToken(node)}`,
  /** How far every node is from the databases it has to do with. */
  routes: () => "tw.routes",
  /** Which projects are being traced. */
  traceWanted: () => "tw.trace-wanted",
} as const;

const SAFE = /^[A-Za-z0-9_-]+$/;

/** Reversible and collision-free: safe names stay readable behind `s`, all others are hex behind `x`. */
function toToken(text: string): string {
  if (SAFE.test(text)) return `s${text}`;
  let hex = "x";
  for (const byte of new TextEncoder().encode(text)) hex += byte.toString(16).padStart(2, "0");
  return hex;
}
