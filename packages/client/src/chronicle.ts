/** A `system` message, as `diagnose` shows it. */
export interface SystemEntry {
  atMs: number;
  extension: string;
  status: string;
  message: string;
}

/** Messages that this client will not get any more. */
export interface Gap {
  atMs: number;
  /** `between-nodes`: lost on the way to this client's node. `while-away`: no longer remembered when it came back. */
  kind: "between-nodes" | "while-away";
  message: string;
  origin?: string;
  fromSeq?: number;
  toSeq?: number;
}

/** The client came back. */
export interface Recovery {
  atMs: number;
  /** False when a {@link Gap} of kind `while-away` says what is missing. */
  complete: boolean;
  replayed: number;
}

/** Enough to see what happened around a complaint. */
const ENTRIES_MAX = 20;

/** What happened on a channel lately, oldest first. */
export class Chronicle {
  readonly systems: SystemEntry[] = [];
  readonly gaps: Gap[] = [];
  readonly recoveries: Recovery[] = [];

  add(kind: "systems", entry: SystemEntry): void;
  add(kind: "gaps", entry: Gap): void;
  add(kind: "recoveries", entry: Recovery): void;
  add(kind: "systems" | "gaps" | "recoveries", entry: SystemEntry | Gap | Recovery): void {
    const entries: unknown[] = this[kind];
    entries.push(entry);
    if (entries.length > ENTRIES_MAX) entries.shift();
  }
}
