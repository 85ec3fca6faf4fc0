import type { Effect } from "@tidewire/db/policy-dry-run";
import type { PolicyAction, PolicyVote, SimulatedRole } from "@tidewire/db/policy-simulation";
import type { PolicyTable } from "@tidewire/db/policy-tables";
import type { Extension } from "@tidewire/protocol/cluster/home";

export interface PoliciesView {
  /** `realtime.messages` first, then the published tables by name. */
  tables: PolicyTable[];
  /** There are more published tables than are shown. */
  isCut: boolean;
  /** The dashboard may also change tables that the project's own role does not own. */
  isManaged: boolean;
}

/** May these claims do this, and because of what. */
export interface Decision {
  action: PolicyAction;
  extension: Extension;
  allowed: boolean;
  /** Names in backticks. */
  because: string;
  /** The policies that decide; empty when none is asked. */
  deciding: string[];
}

export interface SimulationView {
  role: SimulatedRole;
  topic: string;
  /** How the database took to answer, all questions together. */
  ms: number;
  /** What a private join with these claims would come to: null when it is accepted, else what the client reads. */
  refusal: string | null;
  decisions: Decision[];
  votes: PolicyVote[];
}

/** What a change would do to those who were lately seen at private topics. */
export interface DryRunView {
  /** People at topics that were asked about. */
  asked: number;
  /** Those for whom the time was too short. */
  unasked: number;
  /** Nodes that did not say whom they have seen. */
  silent: string[];
  effects: Effect[];
}
