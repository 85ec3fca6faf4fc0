import type {
  ConnectionInfo,
  NodeSnapshot,
  PresenceSnapshot,
  ProjectSnapshot,
  ReplicationSnapshot,
} from "@tidewire/protocol/cluster/inspect";
import type { Tap } from "./tap.ts";

/** What the inspection needs of the node. Reading changes nothing; the verbs at the end are the operator's. */
export interface NodeViews {
  snapshot(): NodeSnapshot;
  /** Null when this node does not know the project. */
  project(ref: string): ProjectSnapshot | null;
  presence(ref: string, topic: string | undefined): PresenceSnapshot;
  /** Null unless this node is the project's home. */
  replication(ref: string): ReplicationSnapshot | null | Promise<ReplicationSnapshot | null>;
  connections(ref: string): ConnectionInfo[];
  readonly tap: Pick<Tap, "open">;

  /** Begins to leave; does not wait for the end. */
  drain(): void;
  /** Closes one socket. False when it is not here. */
  kick(connection: string): boolean;
  /** Takes one member out of a presence list. False when it is not this node's. */
  evict(member: { ref: string; topic: string; phxRef: string }): boolean;
  /** The project is being deleted: close its channels, give up its home and its slot. */
  forget(ref: string): Promise<void>;
  /** Lets go of the project's database; it is taken up again when it is needed. */
  shutdown(ref: string): Promise<void>;
  /** As `shutdown`, and every client is asked to come back. */
  reload(ref: string): Promise<void>;
}
