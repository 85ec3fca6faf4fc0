/** What a publisher knows of one of its messages. Numbers count per publisher and room. */
export interface Publication {
  room: string;
  publisher: string;
  n: number;
  sentAtMs: number;
  /** Undefined when nobody answered: it may have been heard. */
  ackedAtMs?: number;
  origin?: string;
  seq?: number;
  /** Sent while regions were apart, and no living node had it any more after one was killed: it is lost. */
  unheld?: boolean;
}

export interface Heard {
  publisher: string;
  n: number;
  atMs: number;
  origin?: string;
  seq?: number;
}

export interface AnnouncedGap {
  atMs: number;
  origin?: string;
  fromSeq?: number;
  toSeq?: number;
}

/** While the application wanted to be in a room, through all reconnects; for clients that do not resume, one connection. */
export interface Stay {
  client: string;
  room: string;
  /** Whether the client promises to miss nothing and to hear nothing twice. */
  resumes: boolean;
  joinedAtMs: number;
  /** Undefined at the end of the soak. */
  leftAtMs?: number;
  heard: Heard[];
  gaps: AnnouncedGap[];
  /** When the connection was lost, and when the client was back: for a gap that says "while you were away". */
  awayMs: { fromMs: number; toMs?: number }[];
}

/** When a member was really there: from its acknowledged track until its leave or the loss of its connection. */
export interface PresenceSpan {
  room: string;
  key: string;
  fromMs: number;
  toMs?: number;
}

export interface PresenceSample {
  atMs: number;
  observer: string;
  room: string;
  keys: readonly string[];
}

/** A time in which regions could not reach each other, or a node was down. */
export interface Disturbance {
  kind: "cut" | "down";
  fromMs: number;
  toMs: number;
}

/** What names a message, wherever it is. */
export function nameOf(room: string, { publisher, n }: Pick<Heard, "publisher" | "n">): string {
  return `${room} ${publisher} ${n}`;
}

export interface SoakRecord {
  publications: Publication[];
  stays: Stay[];
  spans: PresenceSpan[];
  samples: PresenceSample[];
  disturbances: Disturbance[];
}

export function emptyRecord(): SoakRecord {
  return { publications: [], stays: [], spans: [], samples: [], disturbances: [] };
}
