import { z } from "zod";

/** The process driver shares one machine with Postgres and the dashboard; more than this is a typing error. */
export const NODES_PER_REGION_MAX = 32;

const RegionId = z
  .string()
  .trim()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "lower-case letters, digits and dashes, at most 31 characters");

export const AddRegion = z.object({ id: RegionId, name: z.string().trim().min(1).max(60) });
export const OfRegion = z.object({ region: RegionId });
export const SetDesired = OfRegion.extend({ desired: z.int().min(0).max(NODES_PER_REGION_MAX) });
export const OfNode = z.object({ node: z.string() });
