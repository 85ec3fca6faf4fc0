import { listGaps as readGaps } from "@tidewire/db/gaps";
import type { ProjectScope } from "../../context.ts";
import type { GapLedger } from "../../views/replication.ts";

/** Losses are rare, and asked about long after; many of one project are one story. */
export const GAPS_KEPT = { olderThanMs: 90 * 24 * 3_600_000, keptMax: 1_000 };

/** Everything that was committed and could not be delivered, and since when the ledger knows. */
export async function listGaps({ resources, project }: ProjectScope): Promise<GapLedger> {
  const rows = await readGaps(resources.db, project.ref, { limit: GAPS_KEPT.keptMax });
  return {
    sinceMs: Math.max(project.createdAt.getTime(), resources.nowMs() - GAPS_KEPT.olderThanMs),
    gaps: rows.map(({ ref: _ref, ...gap }) => gap),
  };
}
