import {
  decodeHistoryAnswer,
  encodeHistoryAnswer,
  type HistoryAnswer,
} from "@tidewire/protocol/cluster/history";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus, BusMessage, Subscription } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Arrivals } from "./arrivals.ts";
import type { CarriedRooms } from "./carried-rooms.ts";
import { Turnstile } from "./turnstile.ts";

/** A node that leaves has no more time than this for what it leaves behind. */
const GIVING_MS_MAX = 4_000;
const ANSWER_MS_MAX = 2_000;
const ROOMS_AT_ONCE_MAX = 16;
const TAKEN = new Uint8Array(0);

interface Options {
  bus: Pick<Bus, "subscribe" | "request">;
  clock: Clock;
  log: Log;
  rooms: CarriedRooms;
  arrivals: Arrivals;
}

/**
 * What a leaving node has accepted may not have reached everybody: a region may be cut off, and a client be away. Its
 * last messages go to one other node, room by room, and that one answers for them.
 */
export class Bequests {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Takes what others leave to this node. The caller ends it. */
  serve(boot: string): Subscription {
    const onRequest = ({ data, respond }: BusMessage) => {
      try {
        this.#take(decodeHistoryAnswer(data));
        respond?.(TAKEN);
      } catch (err) {
        this.#options.log.warn({ err }, "what a leaving node left to this one could not be read");
      }
    };
    return this.#options.bus.subscribe(subjects.bequest(boot), onRequest, { echo: false });
  }

  /** @param heirs boots that may take it; the first that answers has all that follows */
  async give(isMeant: (origin: string) => boolean, heirs: readonly string[]): Promise<void> {
    const { clock, log, rooms } = this.#options;
    const bequests = [...rooms.all()]
      .map(({ log }) => log.of(isMeant))
      .filter(({ envelopes }) => envelopes.length > 0);
    const deadlineMs = clock.monotonicMs() + GIVING_MS_MAX;
    const turnstile = new Turnstile(ROOMS_AT_ONCE_MAX);
    const candidates = [...heirs];
    const giveOne = async (bequest: HistoryAnswer) => {
      for (let heir = candidates[0]; heir !== undefined; heir = candidates[0]) {
        if (clock.monotonicMs() >= deadlineMs) return false;
        if (await this.#offer(heir, bequest)) return true;
        if (candidates[0] === heir) candidates.shift();
      }
      return false;
    };
    const given = await Promise.all(bequests.map((bequest) => turnstile.pass(() => giveOne(bequest))));
    const kept = given.filter((isGiven) => !isGiven).length;
    if (kept > 0 && heirs.length > 0)
      log.warn({ rooms: kept }, "nobody took over the last messages of these rooms");
  }

  async #offer(heir: string, bequest: HistoryAnswer): Promise<boolean> {
    const { bus } = this.#options;
    try {
      await bus.request(subjects.bequest(heir), encodeHistoryAnswer(bequest), { timeoutMs: ANSWER_MS_MAX });
      return true;
    } catch {
      return false;
    }
  }

  #take({ heads, envelopes }: HistoryAnswer): void {
    const { rooms, arrivals } = this.#options;
    const [first] = envelopes;
    if (first === undefined) return;
    const carried = rooms.carry(first.room);
    for (const envelope of envelopes) arrivals.arrive(carried, envelope);
    for (const { origin, seq, marks = [] } of heads) {
      for (const mark of marks) carried.log.date(origin, mark);
      arrivals.expect(carried, origin, seq);
    }
  }
}
