import type { PresenceEviction, PresenceMember } from "@tidewire/protocol/cluster/inspect";
import type { Surveyed } from "./survey.ts";

export interface PresenceTopic {
  topic: string;
  private: boolean;
  members: number;
  joins: number;
  leaves: number;
  nodes: string[];
}

export interface PresenceView extends Surveyed {
  ref: string;
  topics: PresenceTopic[];
  /** One entry per membership: what its own node says wins over what others know of it. */
  members: PresenceMember[];
  /** Newest first. */
  departures: PresenceEviction[];
}
