import { createHash } from "node:crypto";
import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import type { Clock } from "../clock.ts";

/** While the database is away, an answer of this age is better than none (rule A21). */
const STALE_MS = 10 * 60_000;
const ENTRIES_MAX = 50_000;

interface Entry {
  grants: Grants;
  atMs: number;
}

/**
 * Answers to equal questions: the same claims, headers, topic and action. Asked at the same time, they share one check;
 * asked again within seconds, the answer is reused; with the database away, an old answer serves.
 */
export class GrantCache {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #freshMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<Grants>>();
  hits = 0;
  misses = 0;
  coalesced = 0;
  stale = 0;

  /** @param freshMs how long an answer is reused; with 0 equal questions do not share a check either */
  constructor(clock: Pick<Clock, "monotonicMs">, freshMs: number) {
    this.#clock = clock;
    this.#freshMs = freshMs;
  }

  /** @param isAway whether an error of `ask` means that the database is away, not that it said no */
  async get(
    request: AuthorizeRequest,
    ask: () => Promise<Grants>,
    isAway: (error: unknown) => boolean,
  ): Promise<Grants> {
    const key = toKey(request);
    const known = this.#entries.get(key);
    if (known !== undefined && this.#age(known) < this.#freshMs) {
      this.hits++;
      return known.grants;
    }
    const asking = this.#freshMs > 0 ? this.#asking.get(key) : undefined;
    if (asking !== undefined) this.coalesced++;
    else this.misses++;
    try {
      return await (asking ?? this.#ask(key, ask));
    } catch (error) {
      if (known === undefined || this.#age(known) > STALE_MS || !isAway(error)) throw error;
      this.stale++;
      return known.grants;
    }
  }

  /** Policies, grants or roles changed: every answer is void, also one that is on its way. */
  clear(): void {
    this.#entries.clear();
    this.#asking.clear();
  }

  #ask(key: string, ask: () => Promise<Grants>): Promise<Grants> {
    const asked = ask().then((grants) => {
      if (this.#asking.get(key) === asked) this.#put(key, grants);
      return grants;
    });
    this.#asking.set(key, asked);
    const forget = () => {
      if (this.#asking.get(key) === asked) this.#asking.delete(key);
    };
    asked.then(forget, forget);
    return asked;
  }

  #put(key: string, grants: Grants): void {
    this.#entries.delete(key);
    this.#entries.set(key, { grants, atMs: this.#clock.monotonicMs() });
    if (this.#entries.size <= ENTRIES_MAX) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  #age(entry: Entry): number {
    return this.#clock.monotonicMs() - entry.atMs;
  }
}

/** A digest: whole claims of thousands of users would be megabytes of keys. */
function toKey({ action, topic, extensions, claims, headers }: AuthorizeRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([action, topic, extensions, sorted(claims), sorted(headers)]))
    .digest("base64");
}

function sorted(fields: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}
