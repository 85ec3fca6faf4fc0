import { setTimeout as delay } from "node:timers/promises";
import { dryRunPolicies } from "@tidewire/db/policy-dry-run";
import { readPolicyTables, type TablePolicy } from "@tidewire/db/policy-tables";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import type { PolicyChange } from "../../../lib/schemas/database.ts";
import type { ProjectScope } from "../../context.ts";
import type { DryRunView } from "../../views/policies.ts";
import { listConnections } from "../connections/list-connections.ts";
import { askDatabase } from "../database/ask-database.ts";
import { Taps } from "../inspector/taps.ts";
import { toSubjects } from "./to-subjects.ts";

const SUBJECTS_MAX = 500;
/** Somebody waits in front of the draft. */
const ASK_MS = 4_000;
/** Nodes tell their recent events the moment a tap opens. */
const RECENT_MS = 700;

/**
 * Whom a change of the policies on `realtime.messages` would let in or put out, among those whom the nodes have lately
 * seen at private topics. Nothing is changed, and no table is locked.
 *
 * @throws Problem as {@link askDatabase}
 */
export async function dryRun(ctx: ProjectScope, change: PolicyChange): Promise<DryRunView> {
  const [{ connections, silent }, events] = await Promise.all([listConnections(ctx), readRecent(ctx)]);
  const subjects = toSubjects(connections, events, SUBJECTS_MAX);
  const { asked, effects } = await askDatabase(ctx, async (client) => {
    const tables = await readPolicyTables(client);
    const before =
      tables.find(({ schema, table }) => schema === "realtime" && table === "messages")?.policies ?? [];
    return dryRunPolicies(client, { before, after: after(before, change) }, subjects, { deadlineMs: ASK_MS });
  });
  return { asked, unasked: subjects.length - asked, silent, effects };
}

function after(before: readonly TablePolicy[], change: PolicyChange): TablePolicy[] {
  switch (change.kind) {
    case "create-policy":
      return [...before, change];
    case "edit-policy":
      return before.map((policy) => (policy.name === change.before.name ? change.after : policy));
    case "drop-policy":
      return before.filter(({ name }) => name !== change.name);
  }
}

/** The joins and refusals that nodes remember. */
async function readRecent({ resources, project: { ref } }: ProjectScope): Promise<TapEvent[]> {
  const events: TapEvent[] = [];
  const taps = new Taps({
    ...resources,
    input: { ref, kinds: ["join", "refusal"], maxPerSecond: SUBJECTS_MAX },
    onBatch: (batch) => events.push(...batch.events),
  });
  try {
    await taps.follow();
    await delay(RECENT_MS);
  } finally {
    taps.close();
  }
  return events;
}
