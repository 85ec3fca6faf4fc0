import type { Project } from "@tidewire/db/projects";
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
  /** Where the request came from, for the audit trail. */
  caller: { ipAddress?: string; userAgent?: string };
}

/** What a service for members is handed. */
export interface MemberScope extends Context {
  user: SignedInUser;
  /** Oldest first; never empty. */
  memberships: readonly Membership[];
  /** The organisation at hand: the first, or the one that owns the project. */
  membership: Membership;
}

/** What a service for one project is handed; the caller's membership of its organisation was checked. */
export interface ProjectScope extends MemberScope {
  project: Project;
}
