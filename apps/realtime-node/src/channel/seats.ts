import { Refusal } from "@tidewire/protocol/errors";
import type { ProjectPort, SeatsPort } from "./ports.ts";

/**
 * The channels that one connection holds or is about to hold. A seat is taken before the first wait of a join, so a
 * burst of joins cannot pass a limit together; a join that fails gives it back and does not count (protocol 8).
 */
export class Seats {
  readonly #project: ProjectPort;
  readonly #users: SeatsPort;
  #taken = 0;

  constructor(project: ProjectPort, users: SeatsPort) {
    this.#project = project;
    this.#users = users;
  }

  get taken(): number {
    return this.#taken;
  }

  /** @throws Refusal in the order of protocol 3.3 */
  take(): void {
    const { ref, rates, record } = this.#project;
    const isUser = this.#taken > 0;
    if (!isUser && this.#users.users(ref) >= record.limits.maxConcurrentUsers) {
      throw new Refusal("ConnectionRateLimitReached");
    }
    const verdict = rates.take("joins");
    if (!verdict.ok) throw new Refusal("ClientJoinRateLimitReached", { retryAfterMs: verdict.retryAfterMs });
    if (this.#taken >= record.limits.maxChannelsPerClient) {
      this.uncount();
      throw new Refusal("ChannelRateLimitReached");
    }
    this.#taken += 1;
    if (!isUser) this.#users.occupy(ref);
  }

  /** The channel is over. */
  release(): void {
    this.#taken -= 1;
    if (this.#taken === 0) this.#users.vacate(this.#project.ref);
  }

  /** The join that took the seat was refused. */
  giveBack(): void {
    this.uncount();
    this.release();
  }

  /** Only accepted joins count against the rate (protocol 8). */
  uncount(): void {
    this.#project.rates.charge("joins", -1);
  }
}
