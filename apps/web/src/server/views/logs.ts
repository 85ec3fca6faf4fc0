import type { LogKind } from "../../lib/log-kinds.ts";

/** Something that happened in a project and that its operator may ask about. */
export interface LogEntry {
  /** The same event has the same id, however often it is told. */
  id: string;
  atMs: number;
  kind: LogKind;
  /** A code of the error table, or the name of an audit event. */
  code: string | null;
  sentence: string;
  /** How often the same was said in the same moment: one outage is told to every channel. */
  times: number;
  node: string | null;
  topic: string | null;
  /** A user, a connection, or the person who changed something. */
  who: string | null;
}

/** One parcel of the log. The first holds what is remembered, later ones what is new. */
export interface LogParcel {
  atMs: number;
  entries: LogEntry[];
  /** Events of nodes that came too fast to be sent. */
  dropped: number;
  answered: string[];
  silent: string[];
  /** False: settings and gaps are missing, because the control database does not answer. */
  isControlUp: boolean;
}
