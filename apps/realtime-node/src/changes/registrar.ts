import type { RegisterShapes, ShapesHeld, ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import type { Clock } from "../clock.ts";
import { createDeferred } from "../deferred.ts";
import type { Log } from "../log.ts";
import { formatLsn, type Lsn } from "../wal/lsn.ts";
import type { NodeLife } from "./shapes.ts";
import type { Subscription } from "./subscription.ts";

/** What a node registered is forgotten unless it says again that it is there. */
export const LEASE_RENEWAL_MS = 5_000;

const REGISTER_DEADLINE_MS = 10_000;
const HOLD_DEADLINE_MS = 3_000;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;
/** Registrations on their way at once: enough to keep the home's pool busy, few enough to leave room for joins. */
const ON_THE_WAY_MAX = 32;
/** Channels that leave together are released together. */
const RELEASE_AFTER_MS = 20;

/** The home of a project, as far as shapes go. Rejects with a `Refusal`. */
export interface ShapesClient {
  register(
    ref: string,
    request: Omit<RegisterShapes, "kind">,
    patience: { deadlineMs: number },
  ): Promise<ShapesRegistered>;
  release(ref: string, life: NodeLife, registrations: string[]): Promise<void>;
  hold(
    ref: string,
    life: NodeLife,
    registrations: number,
    patience: { deadlineMs: number },
  ): Promise<ShapesHeld>;
}

interface Options {
  ref: string;
  life: NodeLife;
  client: ShapesClient;
  clock: Clock;
  log: Log;
  /** The last change that this node has seen. */
  seenLsn(): Lsn;
  /** Another attempt follows. */
  onDelay(subscription: Subscription, refusal: Refusal): void;
}

/** Carries one project's registrations of this node to its home, and keeps their lease. */
export class Registrar {
  readonly #options: Options;
  readonly #waiting: (() => void)[] = [];
  readonly #abandon = new Set<() => void>();
  #onTheWay = 0;
  #releasing: string[] = [];
  #disagreements = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Asks until the home agrees. A refusal that only a change could mend is final.
   *
   * @throws Refusal that is final, or UnableToSubscribeToPostgres when the subscription ended meanwhile
   */
  async register(subscription: Subscription): Promise<ShapesRegistered> {
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.#attempt(subscription);
        if (answer !== null) return answer;
      } catch (error) {
        const refusal =
          error instanceof Refusal ? error : new Refusal("UnableToSubscribeToPostgres", { cause: error });
        if (isOver(subscription) || refusal.outcome.retry !== "with-backoff") throw refusal;
        this.#options.onDelay(subscription, refusal);
        await this.pause(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** attempt) * (1 - Math.random() / 4));
      }
      if (isOver(subscription))
        throw new Refusal("UnableToSubscribeToPostgres", { message: "the channel has left" });
    }
  }

  /**
   * Another home is there. What was asked of the one before may have reached it in its last moment and stay without an
   * answer: it is asked again at once, of the new one, which does not wait for long.
   */
  askAnew(): void {
    for (const abandon of [...this.#abandon]) abandon();
  }

  /** The home forgets by itself if this does not reach it. */
  release(subscription: Subscription): void {
    this.#releasing.push(subscription.name);
    if (this.#releasing.length > 1) return;
    const { ref, life, client, clock, log } = this.#options;
    clock.after(RELEASE_AFTER_MS, () => {
      const names = this.#releasing;
      this.#releasing = [];
      client
        .release(ref, life, names)
        .catch((err: unknown) => log.debug({ err, ref }, "shapes were not released"));
    });
  }

  /** Says to a new home how much this node is about to register, so that it waits. */
  announce(registrations: number): void {
    const { ref, life, client, log } = this.#options;
    client
      .hold(ref, life, registrations, { deadlineMs: HOLD_DEADLINE_MS })
      .catch((err: unknown) =>
        log.debug({ err, ref }, "the home does not know what this node will register"),
      );
  }

  /**
   * Renews the lease, to be called every {@link LEASE_RENEWAL_MS}.
   *
   * @param held how many registrations this node has, or is about to have
   * @param isSettled none of them is on its way
   * @returns what the home knows, or null when it did not answer
   */
  async renew(
    held: number,
    { isSettled }: { isSettled: boolean },
  ): Promise<(ShapesHeld & { isForgotten: boolean }) | null> {
    const { ref, life, client, log } = this.#options;
    try {
      const answer = await client.hold(ref, life, held, { deadlineMs: HOLD_DEADLINE_MS });
      // A registration or a release may be on its way: only the second disagreement in a row counts.
      this.#disagreements = !isSettled || answer.known === held ? 0 : this.#disagreements + 1;
      const isForgotten = this.#disagreements >= 2;
      if (isForgotten) this.#disagreements = 0;
      return { ...answer, isForgotten };
    } catch (err) {
      log.debug({ err, ref }, "the lease of this node's shapes was not renewed");
      return null;
    }
  }

  /** @returns null when there is another home meanwhile */
  async #attempt({
    name,
    claims,
    bindings,
    fromLsn,
    heldEpoch,
    replaces,
  }: Subscription): Promise<ShapesRegistered | null> {
    const { ref, life, client } = this.#options;
    const specs = bindings.map(({ spec }) => spec);
    const [first, ...others] = specs;
    if (first === undefined)
      throw new Refusal("UnableToSubscribeToPostgres", { message: "nothing to subscribe to" });
    const resume = fromLsn !== null && replaces === null;
    const bindingsAsked: RegisterShapes["bindings"] = [first, ...others];
    const before = resume ? { since: formatLsn(fromLsn), held: heldEpoch ?? undefined } : {};
    const seen = formatLsn(this.#options.seenLsn());
    const request = { ...life, registration: name, claims, bindings: bindingsAsked, resume, seen, ...before };
    await this.#takeTurn();
    const abandoned = createDeferred<null>();
    const abandon = () => abandoned.resolve(null);
    this.#abandon.add(abandon);
    try {
      const asked = client.register(ref, request, { deadlineMs: REGISTER_DEADLINE_MS });
      return await Promise.race([asked, abandoned.promise]);
    } finally {
      this.#abandon.delete(abandon);
      this.#onTheWay--;
      this.#waiting.shift()?.();
    }
  }

  async #takeTurn(): Promise<void> {
    while (this.#onTheWay >= ON_THE_WAY_MAX)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#onTheWay++;
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}

export function isOver({ holding }: Subscription): boolean {
  return holding.kind === "over";
}
