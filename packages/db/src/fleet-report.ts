import { z } from "zod";
import type { Db } from "./client.ts";
import { translateErrors } from "./errors.ts";

/** There is one fleet, and one that leads it. */
const ONLY = 1;

const FleetReport = z.object({
  /** By the leader's clock. */
  lastPassAtMs: z.number(),
  /** Newest first: what it did and why. */
  actions: z.array(z.object({ atMs: z.number(), sentence: z.string() })),
  /** What keeps it from the desired state. */
  problems: z.array(z.string()),
});

/** What the web server that looks after the nodes says of its work, so that every other one can show it. */
export type FleetReport = z.infer<typeof FleetReport>;

export async function writeFleetReport(db: Db, report: FleetReport): Promise<void> {
  await translateErrors(
    db.fleetReport.upsert({ where: { id: ONLY }, create: { id: ONLY, report }, update: { report } }),
  );
}

/** Null when nobody has ever led. */
export async function readFleetReport(db: Db): Promise<FleetReport | null> {
  const row = await translateErrors(db.fleetReport.findUnique({ where: { id: ONLY } }));
  return row && FleetReport.parse(row.report);
}
