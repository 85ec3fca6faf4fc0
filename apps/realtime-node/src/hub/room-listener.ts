import { decodeRoomMessage } from "@tidewire/protocol/cluster/fanout";
import type { Bus } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import { within } from "../deadline.ts";
import type { Log } from "../log.ts";
import type { Arrivals } from "./arrivals.ts";
import type { CarriedRoom, Listening } from "./carried-room.ts";
import { Debts } from "./debts.ts";
import { bootOf } from "./sequence.ts";
import type { Surveys } from "./surveys.ts";
import type { Positions } from "./topic-log.ts";
import type { Tracer } from "./tracer.ts";

/** A bus that is away must not hold up a join for longer: what arrives later is still put in order. */
const OPENING_MS_MAX = 300;

/** As old as a history gets by default: who has listened for longer has heard everything itself. */
const RESCUED_MS_MAX = 120_000;

interface Options {
  boot: string;
  bus: Pick<Bus, "subscribe" | "flush">;
  clock: Clock;
  log: Log;
  arrivals: Arrivals;
  surveys: Surveys;
  /** Boots of the other nodes that are alive. */
  peers: () => string[];
  /** Those of them that are about to leave. */
  draining: () => string[];
  tracer: Pick<Tracer, "arrived"> | undefined;
}

/**
 * A node that is back may be heard seconds before it can be asked. One that beats and has not answered by then is broken;
 * what it says itself from then on is still checked for holes.
 */
const ASKED_AGAIN_MAX = 30;

/** What a node has not said yet. */
interface Debt {
  /** How often it may be asked again. */
  left: number;
  readonly rooms: Set<CarriedRoom>;
}

/** Holds the subscriptions of open rooms and passes on what other nodes say in them. */
export class RoomListener {
  readonly #options: Options;
  /** Nodes that did not say what was missed of them. */
  readonly #owing = new Map<string, Debt>();
  #resyncing: Promise<void> | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  open(carried: CarriedRoom): void {
    const { bus, clock, log, surveys, peers } = this.#options;
    const onMessage = ({ data }: { data: Uint8Array }) => {
      try {
        this.#onMessage(carried, data);
      } catch (err) {
        log.warn({ err, room: carried.key }, "a message of another node could not be taken in");
      }
    };
    const listening: Listening = {
      subscription: bus.subscribe(carried.subject, onMessage, { echo: false }),
      sinceMs: clock.nowMs(),
      debts: new Debts(clock.nowMs()),
      opening: undefined,
      incoming: new Map(),
      surveyed: new Set<string>(),
      strangers: new Map(),
      copied: new Map(),
    };
    carried.listening = listening;
    if (peers().length === 0) return;
    const onFault = (err: unknown) =>
      log.warn({ err, room: carried.key }, "a room was opened without asking other nodes");
    listening.opening = bus
      .flush()
      .then(async () => {
        await surveys.open(carried, listening);
        void surveys.copy(carried, listening, this.#options.draining());
      })
      .catch(onFault)
      .finally(() => {
        listening.opening = undefined;
      });
  }

  close(carried: CarriedRoom): void {
    carried.listening?.subscription.unsubscribe();
    carried.listening = undefined;
  }

  /** Resolves when other nodes are heard and, for somebody who resumes, what they have is here; or after a moment. */
  async ready(carried: CarriedRoom, resumeFrom: Positions | undefined): Promise<void> {
    const { listening } = carried;
    if (listening === undefined) return;
    const { clock, surveys } = this.#options;
    if (listening.opening !== undefined) {
      const patience = { timeoutMs: OPENING_MS_MAX, clock };
      await within("opening a room", listening.opening, patience).catch(() => undefined);
    }
    // Whoever resumes from nowhere was in an empty room: all that was said since is missed.
    if (resumeFrom === undefined) return;
    await surveys.copy(carried, listening);
    await surveys.reach(carried, resumeFrom);
  }

  /** A node is about to leave: what it alone has of rooms that were opened lately is copied while it is there. */
  rescue(rooms: Iterable<CarriedRoom>, boot: string): void {
    const { clock, surveys } = this.#options;
    for (const carried of rooms) {
      const { listening } = carried;
      if (listening === undefined || clock.nowMs() - listening.sinceMs > RESCUED_MS_MAX) continue;
      void surveys.copy(carried, listening, [boot]);
    }
  }

  /** Asks the given nodes, or all, for what was missed in these rooms. One after the other, however often it is called. */
  async resync(rooms: Iterable<CarriedRoom>, boots = this.#options.peers()): Promise<void> {
    const open = [...rooms].filter(({ listening }) => listening !== undefined);
    for (const boot of boots) this.#owing.set(boot, { left: ASKED_AGAIN_MAX, rooms: new Set(open) });
    await this.#ask(boots);
  }

  /** Asks those again that did not answer the last time; called once per second. */
  async askAgain(): Promise<void> {
    if (this.#owing.size === 0 || this.#resyncing !== undefined) return;
    const alive = new Set(this.#options.peers());
    for (const [boot, debt] of this.#owing) {
      if (debt.left === 0 || !alive.has(boot)) this.#owing.delete(boot);
      else debt.left--;
    }
    await this.#ask([...this.#owing.keys()]);
  }

  async #ask(boots: string[]): Promise<void> {
    while (this.#resyncing !== undefined) await this.#resyncing;
    if (boots.length === 0) return;
    this.#resyncing = this.#askAll(boots).finally(() => {
      this.#resyncing = undefined;
    });
    await this.#resyncing;
  }

  async #askAll(boots: readonly string[]): Promise<void> {
    const debts = boots.flatMap((boot) => {
      const debt = this.#owing.get(boot);
      return debt === undefined ? [] : [{ boot, rooms: debt.rooms }];
    });
    const all = new Set(debts.flatMap(({ rooms }) => [...rooms]));
    await Promise.all(
      [...all].map(async (carried) => {
        const { listening } = carried;
        const asked = debts.filter(({ rooms }) => rooms.has(carried));
        const silent =
          listening &&
          (await this.#options.surveys.catchUp(
            carried,
            listening,
            asked.map(({ boot }) => boot),
          ));
        for (const { boot, rooms } of asked) if (!silent?.includes(boot)) rooms.delete(carried);
      }),
    );
    for (const { boot, rooms } of debts) {
      if (rooms.size === 0 && this.#owing.get(boot)?.rooms === rooms) this.#owing.delete(boot);
    }
  }

  #onMessage(carried: CarriedRoom, data: Uint8Array): void {
    const { boot, arrivals, tracer } = this.#options;
    const message = decodeRoomMessage(data);
    if (message.kind === "broadcast") {
      const { envelope } = message;
      if (envelope.trace !== undefined) tracer?.arrived(envelope);
      if (bootOf(envelope.position.origin) !== boot) arrivals.arrive(carried, envelope);
      return;
    }
    for (const { origin, seq } of message.heads.heads) {
      if (bootOf(origin) !== boot) arrivals.expect(carried, origin, seq);
    }
  }
}
