import type { Db } from "./client.ts";
import { translateErrors } from "./errors.ts";

export interface Region {
  id: string;
  name: string;
  /** How many nodes the reconciler keeps alive there. */
  desiredNodes: number;
  createdAt: Date;
}

export function listRegions(db: Db): Promise<Region[]> {
  return translateErrors(db.region.findMany({ orderBy: { id: "asc" } }));
}

/** @throws DbError `conflict` */
export function createRegion(
  db: Db,
  region: { id: string; name: string; desiredNodes?: number },
): Promise<Region> {
  return translateErrors(db.region.create({ data: region }));
}

/** Creates the region when it is missing; an existing one keeps what it has. */
export function ensureRegion(
  db: Db,
  region: { id: string; name: string; desiredNodes?: number },
): Promise<Region> {
  return translateErrors(db.region.upsert({ where: { id: region.id }, create: region, update: {} }));
}

/** @throws DbError `not-found`; RangeError for anything but a whole number from 0 to 100 */
export async function setDesiredNodes(db: Db, id: string, desiredNodes: number): Promise<Region> {
  if (!Number.isInteger(desiredNodes) || desiredNodes < 0 || desiredNodes > 100) {
    throw new RangeError("desired nodes must be a whole number from 0 to 100");
  }
  return translateErrors(db.region.update({ where: { id }, data: { desiredNodes } }));
}

/** @throws DbError `in-use-or-missing` while a project lives there */
export async function deleteRegion(db: Db, id: string): Promise<void> {
  await translateErrors(db.region.delete({ where: { id } }));
}
