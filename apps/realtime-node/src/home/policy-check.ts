import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import type { Clock } from "../clock.ts";
import { authorize, toAuthorizeRefusal } from "./authorize.ts";
import { keepPartitions } from "./database-messages.ts";
import { isAway } from "./database-refusal.ts";
import { GrantCache } from "./grant-cache.ts";
import type { HomePool } from "./pool.ts";

/** Checks policies on `realtime.messages` within the project's connection budget (promise P1). */
export class PolicyCheck {
  readonly cache: GrantCache;
  readonly #pool: HomePool;

  readonly #clock: Clock;
  readonly #onChecked: (action: AuthorizeRequest["action"], ms: number) => void;

  /** @param onChecked told of every question that the database answered */
  constructor(
    pool: HomePool,
    clock: Clock,
    onChecked: (action: AuthorizeRequest["action"], ms: number) => void,
  ) {
    this.#pool = pool;
    this.#clock = clock;
    this.#onChecked = onChecked;
    this.cache = new GrantCache(clock);
  }

  /** @throws Refusal that says where and how long it waited */
  check(request: AuthorizeRequest, deadlineMs: number): Promise<Grants> {
    return this.cache.get(request, () => this.#ask(request, deadlineMs), isAway);
  }

  async #ask(request: AuthorizeRequest, deadlineMs: number): Promise<Grants> {
    try {
      return await this.#attempt(request, deadlineMs);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "MissingPartition") throw error;
      await this.#pool
        .run({ lane: "check", deadlineMs, stage: "partitions" }, keepPartitions)
        .catch(() => undefined);
      return this.#attempt(request, deadlineMs);
    }
  }

  async #attempt(request: AuthorizeRequest, deadlineMs: number): Promise<Grants> {
    try {
      const options = { lane: "check", deadlineMs, stage: "authorize" } as const;
      const startedMs = this.#clock.monotonicMs();
      const grants = await this.#pool.run(options, (session) => authorize(session, request));
      this.#onChecked(request.action, this.#clock.monotonicMs() - startedMs);
      return grants;
    } catch (error) {
      throw toAuthorizeRefusal(error, request);
    }
  }
}
