import { eventually } from "@tidewire/testkit/eventually";
import type { PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { expect } from "vitest";

const TOPIC = "realtime:healthy";
const EVERY_MS = 20;
/** In messages: who only listens is idle for the server, and closed after a minute. */
const HEARTBEAT_EVERY = 500;

/** Two well-behaved members on the node under attack: one counts, the other must hear every number once, in order. */
export class Neighbour implements Disposable {
  readonly #sender: PhoenixClient;
  readonly #receiver: PhoenixClient;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  private constructor(sender: PhoenixClient, receiver: PhoenixClient) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#timer = setInterval(() => {
      sender.broadcast(TOPIC, "n", { n: ++this.#sent });
      if (this.#sent % HEARTBEAT_EVERY === 0) receiver.send("phoenix", "heartbeat", {});
    }, EVERY_MS);
  }

  static async meet(connect: () => Promise<PhoenixClient>): Promise<Neighbour> {
    const [sender, receiver] = [await connect(), await connect()];
    for (const client of [sender, receiver]) await client.join(TOPIC);
    return new Neighbour(sender, receiver);
  }

  /** @throws Error when one of them lost its socket, a channel or a message */
  async hasLostNothing(): Promise<void> {
    const until = this.#sent;
    await eventually(() => expect(this.#heard().length).toBeGreaterThanOrEqual(until));
    expect(this.#heard().slice(0, until)).toEqual(Array.from({ length: until }, (_, index) => index + 1));
    for (const client of [this.#sender, this.#receiver]) {
      expect(client.open).toBe(true);
      expect(client.frames.filter(({ event }) => event === "phx_error" || event === "phx_close")).toEqual([]);
    }
  }

  #heard(): number[] {
    return this.#receiver.frames
      .filter(({ topic, event }) => topic === TOPIC && event === "broadcast")
      .map(({ payload }) => (payload as { payload: { n: number } }).payload.n);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
