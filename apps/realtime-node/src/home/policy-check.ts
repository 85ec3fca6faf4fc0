import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import { type CatalogPrints, readPrints } from "../changes/catalog.ts";
import type { Clock } from "../clock.ts";
import { authorize, toAuthorizeRefusal } from "./authorize.ts";
import { keepPartitions } from "./database-messages.ts";
import { isAway } from "./database-refusal.ts";
import { GrantCache } from "./grant-cache.ts";
import type { HomePool } from "./pool.ts";
import { readAll } from "./read-checks.ts";

const LOOK_DEADLINE_MS = 5_000;

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
  #firstLook: Promise<void> | undefined;

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

  /** Looks at policies, privileges and roles, before all work that waits. News make every earlier answer void. */
  async look(): Promise<{ prints: CatalogPrints; isNews: boolean }> {
    const options = { lane: "stream", deadlineMs: LOOK_DEADLINE_MS, stage: "policies" } as const;
    const prints = await this.#pool.run(options, readPrints);
    const isNews = this.#print !== prints.authorizationPrint;
    // The first questions are on their way, and wait for the first look: they have nothing to forget.
    if (isNews && this.#print !== undefined) this.cache.clear();
    this.#print = prints.authorizationPrint;
    return { prints, isNews };
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
      const print = this.#print ?? (await this.#firstPrint());
      const grants = await this.#askDatabase(request, deadlineMs);
      this.#onChecked(request.action, this.#clock.monotonicMs() - startedMs);
      return { ...grants, print };
    } catch (error) {
      throw toAuthorizeRefusal(error, request);
    }
  }

  /** Undefined when there is no answer: the question that comes next will say why. */
  async #firstPrint(): Promise<string | undefined> {
    this.#firstLook ??= this.look().then(
      () => undefined,
      () => {
        this.#firstLook = undefined;
      },
    );
    await this.#firstLook;
    return this.#print;
  }

  #askDatabase(request: AuthorizeRequest, deadlineMs: number): Promise<Grants> {
    const options = { lane: request.live ? "live" : "check", deadlineMs, stage: "authorize" } as const;
    if (request.action === "read") return this.#pool.ask(options, request, readAll);
    return this.#pool.run(options, (session) => authorize(session, request));
  }
}
