import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { Surveyed } from "./survey.ts";

export interface ReplicationView extends Surveyed {
  ref: string;
  /** One sentence: is it well, and if not, why. */
  verdict: { level: "ok" | "warning" | "broken" | "idle"; sentence: string };
  /** Null: no node is home of this project now. */
  home: ReplicationSnapshot | null;
  /** When the slot's limit is reached at the present rate of growth; null when it is not growing. */
  slotLostAtMs: number | null;
}
