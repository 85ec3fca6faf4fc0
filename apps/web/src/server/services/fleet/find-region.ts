import { listRegions, type Region } from "@tidewire/db/regions";
import { Problem } from "../../problem.ts";
import type { Resources } from "../../resources.ts";

/** @throws Problem `RegionNotFound` */
export async function findRegion({ db }: Pick<Resources, "db">, id: string): Promise<Region> {
  const region = (await listRegions(db)).find((candidate) => candidate.id === id);
  if (region === undefined) throw new Problem("RegionNotFound");
  return region;
}
