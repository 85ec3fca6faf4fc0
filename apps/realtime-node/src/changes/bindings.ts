import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Percentiles } from "@tidewire/protocol/cluster/inspect";
import type { Bus } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Claims } from "./claims-class.ts";
import { ProjectChanges } from "./project-changes.ts";
import type { ShapesClient } from "./registrar.ts";
import type { NodeLife } from "./shapes.ts";
import type { Binding, ChangesSubscriber, Subscription } from "./subscription.ts";

export type { Binding, ChangesSubscriber } from "./subscription.ts";

interface Options {
  bus: Pick<Bus, "subscribe">;
  client: ShapesClient;
  /** This node's own name and boot. */
  life: NodeLife;
  clock: Clock;
  log: Log;
  /** After a change has been handed to all its channels on this node. */
  onDelivered?(ref: string, envelope: ChangeEnvelope, recipients: number): void;
}

/** The postgres_changes bindings of this node's channels (protocol 6). */
export class Bindings {
  readonly #options: Options;
  readonly #projects = new Map<string, ProjectChanges>();
  readonly #subscriptions = new Map<string, Subscription>();
  #counter = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * All bindings of one join, which stand or fall together. For a channel that is subscribed already the new claims
   * replace the old ones without a gap. The channel is told by `system` messages, before the promise settles:
   * subscribed with its position (D11, P8), refused, or that the database is away and it will be tried again.
   *
   * @throws Refusal when nothing but a change could help, or the channel was unsubscribed meanwhile
   */
  subscribe(
    subscriber: ChangesSubscriber,
    bindings: readonly Binding[],
    claims: Claims,
  ): Promise<{ lsn: string }> {
    const { channelId, ref } = subscriber;
    const subscription: Subscription = {
      name: `${channelId}/${++this.#counter}`,
      subscriber,
      bindings,
      claims,
      replaces: this.#current(channelId),
      holding: { kind: "pending" },
      fromLsn: null,
      heldEpoch: null,
      sinceMs: 0,
      catchUp: null,
      pendingFrom: null,
      behindSince: null,
      toldLost: false,
    };
    this.#subscriptions.set(channelId, subscription);
    return this.#project(ref).add(subscription);
  }

  unsubscribe(channelId: string): void {
    const subscription = this.#subscriptions.get(channelId);
    if (subscription === undefined) return;
    this.#subscriptions.delete(channelId);
    const { ref } = subscription.subscriber;
    const project = this.#projects.get(ref);
    if (subscription.replaces !== null) project?.remove(subscription.replaces);
    project?.remove(subscription);
    if (project?.size !== 0) return;
    project.close();
    this.#projects.delete(ref);
  }

  /** From the bus to the socket; undefined for a project without bindings here. */
  socketLag(ref: string): Percentiles | undefined {
    return this.#projects.get(ref)?.socketLag.percentiles(this.#options.clock.nowMs());
  }

  close(): void {
    for (const project of this.#projects.values()) project.close();
    this.#projects.clear();
    this.#subscriptions.clear();
  }

  #current(channelId: string): Subscription | null {
    const current = this.#subscriptions.get(channelId);
    if (current === undefined || current.holding.kind === "over") return null;
    if (current.holding.kind === "held") return current;
    // A replacement that is not held yet is replaced itself; what it was to replace goes on serving.
    const { replaces } = current;
    current.replaces = null;
    this.#projects.get(current.subscriber.ref)?.remove(current);
    return replaces;
  }

  #project(ref: string): ProjectChanges {
    const project = this.#projects.get(ref) ?? new ProjectChanges({ ...this.#options, ref });
    this.#projects.set(ref, project);
    return project;
  }
}
