/** What a project's log is made of, in the order of concern. */
const LOG_KINDS = ["refusal", "gap", "outage", "take-over", "eviction", "close", "system", "change"] as const;
export type LogKind = (typeof LOG_KINDS)[number];
