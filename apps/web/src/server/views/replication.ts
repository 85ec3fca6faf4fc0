import type { GapCause } from "@tidewire/db/gap-causes";
import type { ReplicationSnapshot, SlotBlocker } from "@tidewire/protocol/cluster/inspect";
import type { Surveyed } from "./survey.ts";

/** A session that has hold of the slot, as the database tells it. */
export interface SlotHolder {
  pid: number;
  user: string;
  application: string;
  /** Null for a local one. */
  address: string | null;
  connectedForMs: number;
  /** It calls itself what our nodes call themselves. */
  isOurs: boolean;
}

export interface SlotFacts {
  name: string;
  walStatus: string | null;
  retainedBytes: number;
  lagBytes: number;
  confirmedLsn: string | null;
  restartLsn: string | null;
  serverLsn: string;
  holder: SlotHolder | null;
  /** Since nobody reads it; null where the server does not tell (before Postgres 17), or somebody does. */
  inactiveForMs: number | null;
  /** The confirmed position has not moved for at least so long, as far as this dashboard has watched. */
  unmovedForMs: number;
}

/** What the project's database says itself of the stream, asked because no node could say enough. */
export type DatabaseWitness =
  | { kind: "said"; askedAtMs: number; slot: SlotFacts | null; blocker: SlotBlocker | null }
  | { kind: "silent"; askedAtMs: number; reason: string };

export interface ReplicationView extends Surveyed {
  ref: string;
  /** One sentence: is it well, and if not, why. `remedy` is SQL for the project's database, where SQL helps. */
  verdict: { level: "ok" | "warning" | "broken" | "idle"; sentence: string; remedy: string | null };
  /** Null: no node is home of this project now. */
  home: ReplicationSnapshot | null;
  /** Null while the home can speak for it. */
  database: DatabaseWitness | null;
  /** When the slot's limit is reached at the present rate of growth; null when it is not growing. */
  slotLostAtMs: number | null;
}

/** Row changes that nobody will be given: committed after `fromLsn`, up to `toLsn`. */
export interface Gap {
  id: string;
  fromLsn: string;
  toLsn: string;
  atMs: number;
  cause: GapCause;
  tables: string[];
  /** Channels that were told. */
  channels: number;
  node: string;
}

export interface GapLedger {
  /** An empty ledger speaks of the time since then. */
  sinceMs: number;
  /** Newest first. */
  gaps: Gap[];
}
