/** What the reconciler asks of the place where nodes run: processes on this machine now, containers later. */

/** A node process that a driver has started, now or in an earlier life of the dashboard. */
export interface DrivenNode {
  id: string;
  region: string;
  slot: number;
  pid: number;
  port: number;
  adminUrl: string;
  startedAtMs: number;
}

export interface NodeDriver {
  /** Processes of earlier lives of the dashboard that still run. */
  adopt(): DrivenNode[];
  /**
   * Starts a node; resolves when its process exists, not when it serves.
   *
   * @throws Error in one sentence: no free port, nothing to run
   */
  start(node: { id: string; region: string; slot: number }): Promise<DrivenNode>;
  isRunning(node: DrivenNode): boolean;
  /** Asks the process to drain and end. */
  stop(node: DrivenNode): void;
  kill(node: DrivenNode): void;
  /** Whether a node that nobody here looks after ran in this place and has ended. */
  isKnownDead(node: { pid: number; adminUrl: string }): boolean;
  /** Lets go of what the driver remembers of a node that has ended. */
  forget(node: DrivenNode): void;
  /** Called when a process ends that this life of the dashboard started, with how it ended. */
  onExit(listener: (node: DrivenNode, how: string) => void): void;
}
