import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { BindingSpec } from "@tidewire/protocol/cluster/home";
import type { SystemPayload } from "@tidewire/protocol/supabase/system";
import type { Lsn } from "../wal/lsn.ts";
import type { CatchUp } from "./catch-up.ts";
import type { Claims } from "./claims-class.ts";
import type { Position } from "./position.ts";

/** A channel, as far as changes go. Its methods must not throw. */
export interface ChangesSubscriber {
  readonly channelId: string;
  readonly ref: string;
  /** Without `realtime:`; stands in `system` messages. */
  readonly topic: string;
  /**
   * Committed changes in their order, to be told under these ids, one frame each. Channels that are told the same are
   * given the very same arrays, so that what is built for one may be used for all.
   */
  deliver(ids: readonly number[], changes: readonly ChangeEnvelope[]): void;
  /** Subscribed, refused, lost, recovered: to be pushed as a `system` event (protocol 3.12, D11, D12). */
  system(payload: SystemPayload): void;
}

/** One entry of a join, with the id that the client was told. */
export interface Binding {
  readonly id: number;
  readonly spec: BindingSpec;
}

/**
 * What is promised to a channel. `pending` comes back whenever the epoch changes: the home has to be asked again.
 * ```text
 * pending -> held -> pending -> held ...      any -> over
 * ```
 */
export type Holding = { kind: "pending" } | { kind: "held"; shapes: readonly string[] } | { kind: "over" };

export interface Subscription {
  /** Unique on this node. */
  readonly name: string;
  readonly subscriber: ChangesSubscriber;
  readonly bindings: readonly Binding[];
  readonly claims: Claims;
  /** The same channel under its previous token; serves until this one is held. */
  replaces: Subscription | null;
  holding: Holding;
  /** Changes committed before this are not this channel's affair; null until the first registration. */
  fromLsn: Lsn | null;
  /** The epoch in which it was held last; null until the first registration. */
  heldEpoch: number | null;
  /** Nor those committed before this time; epoch milliseconds, 0 unless the channel is given a backlog. */
  sinceMs: number;
  /** While the channel is behind its node. */
  catchUp: CatchUp | null;
  /** Since it waits to be registered again: what its node had seen then, and the channel with it. */
  pendingFrom: Position | null;
  /** A home ended while the channel waited, and what it had sent by then was not served: the channel is behind since here. */
  behindSince: Position | null;
  /** The client has been told of a loss that it has not been told the end of. */
  toldLost: boolean;
}
