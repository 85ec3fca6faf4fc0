import { z } from "zod";

/** Every quota of a project. Defaults and meanings: protocol section 8; names: the outside contract. */
export const ProjectLimits = z.object({
  maxConcurrentUsers: z.int().positive().default(200),
  maxChannelsPerClient: z.int().positive().default(100),
  maxJoinsPerSecond: z.int().positive().default(100),
  maxEventsPerSecond: z.int().positive().default(100),
  maxPresenceEventsPerSecond: z.int().positive().default(1000),
  maxClientPresenceEventsPerWindow: z.int().positive().default(5),
  clientPresenceWindowMs: z.int().positive().default(30_000),
  maxPayloadSizeInKb: z.int().positive().max(4_900).default(3000),
  databasePool: z.int().positive().max(50).default(2),
});
export type ProjectLimits = z.infer<typeof ProjectLimits>;

/** Switches of a project. `deletes` is difference D9. */
export const ProjectSettings = z.object({
  privateOnly: z.boolean().default(false),
  presenceEnabled: z.boolean().default(false),
  suspended: z.boolean().default(false),
  deletes: z.enum(["compatible", "authorized", "none"]).default("compatible"),
  historyWindowMs: z.int().positive().default(120_000),
  historyMessagesMax: z.int().positive().default(1_000),
  /** Retained WAL above which the slot is given up, with the gap announced. */
  slotRetainedBytesMax: z
    .int()
    .positive()
    .default(1024 ** 3),
});
export type ProjectSettings = z.infer<typeof ProjectSettings>;
