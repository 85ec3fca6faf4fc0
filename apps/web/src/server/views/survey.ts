/** A node that should have answered and did not: its part is missing from the view, never counted as zero. */
export interface SilentNode {
  node: string;
  region: string;
  /** Epoch ms of its last beat in the control database. */
  beatAtMs: number;
  /** Connections it reported with that beat. */
  connections: number;
  reason: string;
}

/** Which nodes a view was made from. */
export interface Surveyed {
  askedAtMs: number;
  answered: string[];
  silent: string[];
  silentNodes: SilentNode[];
}

/** `[epoch ms, value]` */
export type Point = [atMs: number, value: number];
