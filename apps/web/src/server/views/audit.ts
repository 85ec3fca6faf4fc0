export interface AuditView {
  id: string;
  atMs: number;
  actor: string;
  /** `<entity>.<verb>`, e.g. `project.create`. */
  action: string;
  target: string;
  projectRef: string | null;
  /** JSON text; null where there was nothing before, or nothing after. */
  before: string | null;
  after: string | null;
  address: string | null;
}

export interface AuditPage {
  /** Newest first. */
  events: AuditView[];
  /** Asks for the next, older page; null on the last one. */
  nextCursor: string | null;
}
