import type { MemberRole } from "./me.ts";

export interface MemberView {
  id: string;
  name: string;
  email: string;
  role: MemberRole;
  sinceMs: number;
  /** Places where this person is signed in now. */
  sessions: number;
}

export interface TeamView {
  organisation: string;
  members: MemberView[];
}
