import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import type { Clock } from "../clock.ts";
import { authorize, toAuthorizeRefusal } from "./authorize.ts";
import { keepPartitions } from "./database-messages.ts";
import { isAway } from "./database-refusal.ts";
import { GrantCache } from "./grant-cache.ts";
import type { HomePool } from "./pool.ts";
import { readAll } from "./read-checks.ts";

interface Options {
  pool: HomePool;
  clock: Clock;
  /** How long an answer is reused. */
  freshMs: number;
  /** Told of every question that the database answered. */
  onChecked(action: AuthorizeRequest["action"], ms: number): void;
}

/** Checks policies on `realtime.messages` within the project's connection budget (promise P1). */
export class PolicyCheck {
  readonly cache: GrantCache;
  readonly #pool: HomePool;

  readonly #clock: Clock;
  readonly #onChecked: Options["onChecked"];
  #print: string | undefined;

  constructor({ pool, clock, freshMs, onChecked }: Options) {
    this.#pool = pool;
    this.#clock = clock;
    this.#onChecked = onChecked;
    this.cache = new GrantCache(clock, freshMs);
  }

  /** Of the policies, privileges and roles that are asked now; undefined before they were looked at. */
  get print(): string | undefined {
    return this.#print;
  }

  /** Policies, privileges or roles are these now. True when that is news: every earlier answer is void. */
  found(print: string): boolean {
    if (this.#print === print) return false;
    this.#print = print;
    this.cache.clear();
    return true;
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
      const startedMs = this.#clock.monotonicMs();
      const print = this.#print;
      const grants = await this.#askDatabase(request, deadlineMs);
      this.#onChecked(request.action, this.#clock.monotonicMs() - startedMs);
      return { ...grants, print };
    } catch (error) {
      throw toAuthorizeRefusal(error, request);
    }
  }

  #askDatabase(request: AuthorizeRequest, deadlineMs: number): Promise<Grants> {
    const options = { lane: request.live ? "live" : "check", deadlineMs, stage: "authorize" } as const;
    if (request.action === "read") return this.#pool.ask(options, request, readAll);
    return this.#pool.run(options, (session) => authorize(session, request));
  }
}
