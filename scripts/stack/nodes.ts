import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { stopProcess } from "./process.ts";
import type { RunFile } from "./run-file.ts";

const READY_DEADLINE_MS = 60_000;
const QUERY_TIMEOUT_MS = 5_000;
const POLL_MS = 150;
const STOP_GRACE_MS = 3_500;

type RunNode = RunFile["nodes"][number];

/** The nodes the reconciler has brought up, once there are as many as wanted. @throws Error after a minute */
export async function readyNodes(
  database: string,
  wanted: number,
  aborted: () => boolean,
): Promise<RunNode[]> {
  const deadlineMs = Date.now() + READY_DEADLINE_MS;
  for (;;) {
    const nodes = await liveNodes(database);
    if (nodes.length >= wanted) return nodes;
    if (aborted()) throw new Error("stopped before it was ready.");
    if (Date.now() > deadlineMs)
      throw new Error(`only ${nodes.length} of ${wanted} realtime nodes came up; see the logs folder.`);
    await delay(POLL_MS);
  }
}

/** Asks every node of this machine to drain, all at once, and waits until they are gone. */
export async function stopNodes(database: string, mark: string): Promise<void> {
  const nodes = await liveNodes(database).catch(() => []);
  await Promise.all(nodes.map((node) => stopProcess(node.pid, mark, STOP_GRACE_MS)));
}

/** A beat reaches the control database every five seconds; two missed ones mean the row is of an earlier run. */
const LIVE_NODES = `
  select id, region, url, admin_url as "adminUrl", pid
    from node
   where state = 'ready' and seen_at > now() - interval '12 s'
   order by region, id`;

async function liveNodes(database: string): Promise<RunNode[]> {
  const client = new pg.Client({
    connectionString: database,
    connectionTimeoutMillis: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  await client.connect();
  try {
    return (await client.query<RunNode>(LIVE_NODES)).rows;
  } finally {
    await client.end();
  }
}
