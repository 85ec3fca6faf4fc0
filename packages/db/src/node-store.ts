import pg from "pg";
import {
  BEAT,
  BEAT_COLUMNS,
  NODES,
  PROJECT,
  REMOVE_NODE,
  WRITE_GAPS,
  WRITE_KEY_USES,
  WRITE_SAMPLES,
} from "./node-queries.ts";
import type { Gap, KeyUse, NodeRow, ProjectRecord, Sample, StoreStatus } from "./node-records.ts";
import { ProjectListener } from "./project-listener.ts";
import { toProjectRecord } from "./project-row.ts";
import type { SecretsKey } from "./secrets.ts";

export type { Gap, KeyUse, NodeRow, ProjectKey, ProjectRecord, Sample, StoreStatus } from "./node-records.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
/** A node asks rarely: a beat, a few samples, a project at its first join. */
const CONNECTIONS_MAX = 3;

/** The control database did not do what was asked, in time or at all. The node serves on with what it knows (P9). */
export class ControlDatabaseUnavailable extends Error {
  override readonly name = "ControlDatabaseUnavailable";
}

export interface NodeStoreOptions {
  /** URL of the least-privilege role, see `ensureNodeRole`. */
  url: string;
  secretsKey: SecretsKey;
  clock?: { now(): number };
}

/**
 * All that a node may do with the control database. Every method rejects with {@link ControlDatabaseUnavailable} after
 * at most ten seconds (five to connect, five to answer); nothing is retried or queued here.
 */
export interface NodeStore extends AsyncDisposable {
  /** By ref or external id. Undefined when there is no such project, or it is not active. @throws SecretUnreadable when the key is not the control plane's */
  project(ref: string): Promise<ProjectRecord | undefined>;
  /**
   * Calls back with the ref of every project that changed, and with `"*"` whenever listening has begun: at first and
   * after each interruption, when changes may have been missed. Reconnects by itself until {@link close}.
   */
  listen(onChanged: (ref: string | "*") => void): void;
  /** False when a later boot of the same node has taken the row over, or this boot has already been removed. */
  beat(row: NodeRow): Promise<boolean>;
  /** Marks the row as gone, if it is still this boot's. */
  remove(nodeId: string, bootId: string): Promise<void>;
  nodes(): Promise<NodeRow[]>;
  writeSamples(samples: readonly Sample[]): Promise<void>;
  /** For the ledger of what was lost. Writing one again changes nothing. */
  writeGaps(gaps: readonly Gap[]): Promise<void>;
  /** For people who wonder whether a key is still needed. A key's time moves at most once a minute, whoever writes it. */
  writeKeyUses(uses: readonly KeyUse[]): Promise<void>;
  status(): StoreStatus;
  close(): Promise<void>;
}

/** Connects at the first question; the caller must close it. */
export function createNodeStore({ url, secretsKey, clock = Date }: NodeStoreOptions): NodeStore {
  let status: StoreStatus = { ok: true, sinceMs: clock.now() };
  const observe = (ok: boolean) => {
    if (status.ok !== ok) status = { ok, sinceMs: clock.now() };
  };
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "tidewire-node",
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on("error", () => observe(false));
  const listener = new ProjectListener({ url, connectTimeoutMs: CONNECT_TIMEOUT_MS, onHealth: observe });

  async function query<Row extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<Row[]> {
    try {
      const { rows } = await pool.query<Row>(sql, values);
      observe(true);
      return rows;
    } catch (cause) {
      observe(false);
      throw new ControlDatabaseUnavailable("the control database did not answer", { cause });
    }
  }

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= Promise.all([listener.close(), pool.end()]).then(() => undefined);
    return closing;
  };

  return {
    async project(ref) {
      const [row] = await query(PROJECT, [ref]);
      return row && toProjectRecord(row, secretsKey);
    },
    listen: (onChanged) => listener.start(onChanged),
    async beat(row) {
      return (
        (
          await query(
            BEAT,
            BEAT_COLUMNS.map((column) => row[column]),
          )
        ).length === 1
      );
    },
    async remove(nodeId, bootId) {
      await query(REMOVE_NODE, [nodeId, bootId]);
    },
    nodes: () => query<NodeRow>(NODES, []),
    async writeSamples(samples) {
      if (samples.length === 0) return;
      const column = <K extends keyof Sample>(name: K) => samples.map((sample) => sample[name]);
      await query(WRITE_SAMPLES, [
        column("ref"),
        column("node"),
        column("name"),
        column("atMs"),
        column("value"),
      ]);
    },
    async writeGaps(gaps) {
      if (gaps.length > 0) await query(WRITE_GAPS, [JSON.stringify(gaps)]);
    },
    async writeKeyUses(uses) {
      if (uses.length === 0) return;
      await query(WRITE_KEY_USES, [uses.map(({ hash }) => hash), uses.map(({ atMs }) => atMs)]);
    },
    status: () => status,
    close,
    [Symbol.asyncDispose]: close,
  };
}
