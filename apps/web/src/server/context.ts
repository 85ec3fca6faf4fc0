import type { ProjectRecord } from "@tidewire/db/node-store";
import type { Resources } from "./resources.ts";
import type { MemberRole } from "./views/me.ts";

export interface SignedInUser {
  id: string;
  email: string;
  name: string;
}

export interface Membership {
  organisation: { id: string; name: string };
  role: MemberRole;
}

/** What every request carries; `user` is null without a valid session. */
export interface Context {
  resources: Resources;
  user: SignedInUser | null;
  /** Address of the caller, for the audit trail. */
  address: string | null;
}

/** What a service for members is handed. */
export interface MemberScope extends Context {
  user: SignedInUser;
  membership: Membership;
}

/** What a service for one project is handed; the caller's membership of it was checked. */
export interface ProjectScope extends MemberScope {
  project: ProjectRow;
}

export type ProjectRow = ProjectRecord & { createdAtMs: number };
