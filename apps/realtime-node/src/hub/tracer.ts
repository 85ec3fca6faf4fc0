import type { FanOutEnvelope, TraceStart } from "@tidewire/protocol/cluster/fanout";
import type { FanOutWitness } from "./fan-out.ts";

/** One traced broadcast on its way through this node. The relay tells it of each step, in this order. */
export interface Trace {
  readonly witness: FanOutWitness;
  fannedOut(): void;
  /** What other nodes are told with the message. */
  busOut(): TraceStart;
}

/** Who wants to know the way of broadcasts. While nobody does, `begin` is all that a broadcast costs: a look at a number. */
export interface Tracer {
  /** Undefined unless somebody traces the room. */
  begin(envelope: FanOutEnvelope): Trace | undefined;
  /** A traced message of another node is here; its turn may come later. */
  arrived(envelope: FanOutEnvelope): void;
  /** Its turn has come. Undefined when nobody on this node asks for it. */
  resume(envelope: FanOutEnvelope): Trace | undefined;
}
