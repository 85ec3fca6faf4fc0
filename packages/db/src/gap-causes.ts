/** Why row changes could not be delivered, as a word that does not change; pages put it into a sentence. */
const GAP_CAUSES = [
  /** The slot held back more WAL than the project allows, and the home dropped it. */
  "slot-over-limit",
  /** Somebody else dropped the slot, or another server was promoted that never had it. */
  "slot-missing",
  /** Postgres gave the slot up: `max_slot_wal_keep_size`, or a conflict. */
  "slot-invalidated",
  /** A slot older than a publication cannot be read (before Postgres 18) and was moved past it. */
  "slot-unreadable",
  /** The database stands before what had been delivered: restored from a backup, or a standby that was behind. */
  "database-rewound",
] as const;

export type GapCause = (typeof GAP_CAUSES)[number];
