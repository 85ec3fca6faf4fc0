import type { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import type { GapCause } from "./gap-causes.ts";
import type { SampleName } from "./sample-names.ts";

/** A project as nodes need it, secrets opened. Only active projects have a record. */
export interface ProjectRecord {
  ref: string;
  /** A second name under which clients find the project; see `externalId` of the control database. */
  externalId?: string;
  name: string;
  region: string;
  databaseUrl: string;
  jwtSecret: string;
  jwks: { keys: unknown[] } | null;
  limits: ProjectLimits;
  settings: ProjectSettings;
  /** Neither revoked nor expired when the record was read. */
  keys: ProjectKey[];
  /** Grows with every change of the project or its keys. */
  version: number;
}

export interface ProjectKey {
  kind: "publishable" | "secret";
  /** SHA-256 of the whole key, in hex. */
  hash: string;
  /** Absent when the key has no end. */
  expiresAtMs?: number;
}

/** What a node says of itself; times by the node's own clock. */
export interface NodeRow {
  id: string;
  boot: string;
  region: string;
  url: string;
  adminUrl: string;
  pid: number;
  version: string;
  state: "ready" | "draining" | "gone";
  connections: number;
  startedAtMs: number;
  beatAtMs: number;
  metrics: Record<string, unknown>;
}

export interface Sample {
  /** Null for a measurement of the node itself. */
  ref: string | null;
  node: string;
  name: SampleName;
  atMs: number;
  value: number;
}

/** A client came in with this API key. */
export interface KeyUse {
  /** As in {@link ProjectKey}. */
  hash: string;
  atMs: number;
}

/** Row changes that nobody will be given: committed after `fromLsn`, up to `toLsn`. */
export interface Gap {
  ref: string;
  node: string;
  /** When the node found out. With node, ref and `fromLsn` it names the gap: written twice, it is kept once. */
  atMs: number;
  /** Positions as Postgres writes them. */
  fromLsn: string;
  toLsn: string;
  cause: GapCause;
  tables: string[];
  /** Channels that were told. */
  channels: number;
}

/** Whether the control database answers, and since when that has been so. */
export interface StoreStatus {
  ok: boolean;
  sinceMs: number;
}
