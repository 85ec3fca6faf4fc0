import { listAudit } from "@tidewire/db/audit";
import { listGaps } from "@tidewire/db/gaps";
import type { ProjectScope } from "../../context.ts";
import type { LogEntry, LogParcel } from "../../views/logs.ts";
import { ParcelBuffer } from "../inspector/parcel.ts";
import { Taps } from "../inspector/taps.ts";
import { Wake } from "../inspector/wake.ts";
import { askNodes } from "../nodes/ask-nodes.ts";
import { newestHome } from "../replication/newest-home.ts";
import { foldAlike, fromAudit, fromGap, fromHome, fromTap, LOGGED_TAPS } from "./to-log-entry.ts";

const PARCEL_MS = 250;
/** Changes, gaps and take-overs are looked up this often; what nodes tell comes at once. */
const LOOK_MS = 2_000;
const AUDIT_EVENTS_MAX = 200;
const GAPS_MAX = 100;
const EVENTS_PER_SECOND_MAX = 200;

type Scope = Pick<ProjectScope, "resources" | "project" | "membership">;

/**
 * What is remembered of a project, then what happens, until the reader goes: from the nodes' taps, their homes and the
 * control database. A part that cannot be asked is named as missing; the others go on.
 */
export async function* tailLogs(
  ctx: Scope,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogParcel, void, void> {
  const { resources, project } = ctx;
  const buffer = new ParcelBuffer(EVENTS_PER_SECOND_MAX, resources.nowMs);
  const wake = new Wake();
  const taps = new Taps({
    ...resources,
    input: { ref: project.ref, kinds: LOGGED_TAPS, maxPerSecond: EVENTS_PER_SECOND_MAX },
    onBatch: (batch) => {
      buffer.add(batch);
      wake.call();
    },
  });
  const stop = () => wake.call();
  signal?.addEventListener("abort", stop, { once: true });
  const told = new Set<string>();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let isControlUp = true;
  try {
    while (signal?.aborted !== true) {
      await taps.follow();
      const looked: LogEntry[] = [];
      if (resources.nowMs() - lookedAtMs >= LOOK_MS) {
        lookedAtMs = resources.nowMs();
        const [records, homes] = await Promise.all([lookUp(ctx), lookAtHome(ctx)]);
        isControlUp = records !== null;
        looked.push(...(records ?? []), ...homes);
      }
      const { events, dropped } = buffer.take();
      const ofNodes = foldAlike(events.map(fromTap).filter((entry) => entry !== null));
      const entries = [...looked.filter(({ id }) => !told.has(id)), ...ofNodes];
      for (const { id } of looked) told.add(id);
      yield { atMs: resources.nowMs(), entries, dropped, isControlUp, ...taps.status() };
      await wake.within(PARCEL_MS, LOOK_MS);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    taps.close();
  }
}

/** Null while the control database does not answer. */
async function lookUp({ resources, project, membership }: Scope): Promise<LogEntry[] | null> {
  const organisationId = membership.organisation.id;
  try {
    const [events, gaps] = await Promise.all([
      listAudit(resources.db, { organisationId, projectRef: project.ref, limit: AUDIT_EVENTS_MAX }),
      listGaps(resources.db, project.ref, { limit: GAPS_MAX }),
    ]);
    return [...events.map(fromAudit), ...gaps.map(fromGap)];
  } catch {
    return null;
  }
}

async function lookAtHome({ resources, project: { ref } }: Scope): Promise<LogEntry[]> {
  const { replies } = await askNodes(resources, (node, options) => node.replication.query({ ref }, options));
  const home = newestHome(replies.map(({ value }) => value));
  return home === null ? [] : fromHome(home);
}
