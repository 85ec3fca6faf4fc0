import type { FanOutEnvelope } from "@tidewire/protocol/cluster/fanout";
import { IncomingSequence } from "./sequence.ts";

/** The messages of one origin in one open room, and whether somebody is asking for missing ones. */
export interface Incoming {
  readonly sequence: IncomingSequence<FanOutEnvelope>;
  repairing: boolean;
}

export function createIncoming(next: number): Incoming {
  return { sequence: new IncomingSequence<FanOutEnvelope>(next), repairing: false };
}
