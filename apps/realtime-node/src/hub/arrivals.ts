import type { FanOutEnvelope } from "@tidewire/protocol/cluster/fanout";
import type { HistoryAnswer } from "@tidewire/protocol/cluster/history";
import type { Clock } from "../clock.ts";
import type { CarriedRoom, Listening } from "./carried-room.ts";
import type { HistoryClient } from "./history-exchange.ts";
import { createIncoming, type Incoming } from "./incoming.ts";
import { bootOf, type Span } from "./sequence.ts";

/** Later messages of an origin wait for a missing one at most 250 ms (architecture, "Sequence"); timers are a bit late. */
const REPAIR_MS_MAX = 250 - 20;
/** The origin knows best; if it is silent for this long, the other nodes are asked with the rest of the time. */
const ORIGIN_ANSWER_MS = 120;
/** How soon a hole is looked at again; twice as long each time, for a node with many rooms has many holes. */
const RECHECK_MS = 25;
/**
 * After a partition questions get through later than messages, and the nodes that have those of a dead origin may come back
 * one by one: so they are asked again for this long.
 */
const BEREFT_REPAIR_MS_MAX = 4_000;
const ASKED_AGAIN_MS = 750;

/** Messages of one origin that wait until its node has answered. */
const STRANGERS_HELD_MAX = 1_000;

/** What comes from one origin into one room. */
interface Stream {
  carried: CarriedRoom;
  origin: string;
  incoming: Incoming;
}

interface Options {
  client: HistoryClient;
  clock: Clock;
  /** Boots of the other nodes that are alive. */
  peers: () => string[];
  /** Takes a message whose turn has come. */
  deliver(carried: CarriedRoom, envelope: FanOutEnvelope): void;
  /** Asks for everything that members of the room are owed of an origin of which nothing is known. */
  introduce(carried: CarriedRoom, listening: Listening, origin: string): Promise<void>;
  /** Nobody can be asked about it any more: what this node has stored of it meanwhile is all there is. */
  recall(carried: CarriedRoom, listening: Listening, origin: string): void;
  /** Whether that node could be reached for a while; questions to one that is just back may get lost. */
  isSteady(boot: string): boolean;
  /** Stores a message of the past. */
  remember(carried: CarriedRoom, envelope: FanOutEnvelope): void;
  /** The messages are given up; the ones behind them follow at once. */
  onGap(carried: CarriedRoom, origin: string, gap: Span): void;
}

/**
 * What comes from other nodes, put in order per origin before anybody is served.
 *
 * A hole is asked for at once: of the origin, then of everybody else. Messages behind it wait, at most 250 ms; then the
 * hole is announced and they go on. Promised: members see one origin's messages in order, each at most once, and never
 * a later one without the earlier or an announcement. Not promised: an order between origins.
 */
export class Arrivals {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  arrive(carried: CarriedRoom, envelope: FanOutEnvelope): void {
    const { listening } = carried;
    const { origin, seq } = envelope.position;
    if (listening !== undefined && seq > 1 && isStranger(listening, origin)) {
      this.#getToKnow(carried, listening, { origin, head: seq }, envelope);
      return;
    }
    const incoming = listening && this.#incoming(listening, origin, seq);
    if (listening === undefined || incoming === undefined || seq < incoming.sequence.next) {
      this.#options.remember(carried, envelope);
      return;
    }
    for (const ready of incoming.sequence.accept(seq, envelope)) this.#options.deliver(carried, ready);
    if (incoming.sequence.overflowing) this.#giveUp(carried, origin, incoming);
    this.#repair(carried, listening, origin, incoming);
  }

  /** An origin has counted this far: what is missing up to there is asked for. */
  expect(carried: CarriedRoom, origin: string, head: number): void {
    carried.log.learn(origin, head, this.#options.clock.nowMs());
    const { listening } = carried;
    if (listening === undefined || head === 0) return;
    if (isStranger(listening, origin)) {
      this.#getToKnow(carried, listening, { origin, head });
      return;
    }
    const incoming = this.#incoming(listening, origin, head + 1);
    incoming.sequence.expect(head);
    this.#repair(carried, listening, origin, incoming);
  }

  /** Everything of `origin` before `next` is the past of this room; ignored when the origin is known already. */
  begin(listening: Listening, origin: string, next: number): void {
    if (!listening.incoming.has(origin)) listening.incoming.set(origin, createIncoming(next));
  }

  /**
   * A node that began while this one could not hear it speaks up: what it sent before is owed to the members here, so
   * it is asked before its messages count.
   */
  #getToKnow(
    carried: CarriedRoom,
    listening: Listening,
    { origin, head }: { origin: string; head: number },
    envelope?: FanOutEnvelope,
  ): void {
    const known = listening.strangers.get(origin);
    const stranger = known ?? { held: [], head };
    stranger.head = Math.max(stranger.head, head);
    // Those beyond the bound are a hole later, and fetched.
    if (envelope !== undefined && stranger.held.length < STRANGERS_HELD_MAX) stranger.held.push(envelope);
    if (known !== undefined) return;
    listening.strangers.set(origin, stranger);
    void this.#introduce(carried, listening, origin).finally(() => {
      listening.strangers.delete(origin);
      if (carried.listening !== listening) return;
      const mayComeLater = stranger.held.length === 0 && this.#isAlive(origin);
      if (mayComeLater && !listening.incoming.has(origin)) return;
      // Nobody has answered: what it sent before is fetched like any other hole, or announced.
      this.#options.recall(carried, listening, origin);
      this.begin(listening, origin, 1);
      for (const each of stranger.held) this.arrive(carried, each);
      this.expect(carried, origin, stranger.head);
    });
  }

  /** After a partition messages may come before questions get through, so it is asked more than once. */
  async #introduce(carried: CarriedRoom, listening: Listening, origin: string): Promise<void> {
    const { clock, introduce } = this.#options;
    const deadlineMs = clock.monotonicMs() + BEREFT_REPAIR_MS_MAX;
    for (;;) {
      await introduce(carried, listening, origin);
      const isKnown = listening.incoming.has(origin);
      if (isKnown || carried.listening !== listening || clock.monotonicMs() >= deadlineMs) return;
      await this.#wait(ASKED_AGAIN_MS);
    }
  }

  /** @param seq of the first sign of an origin that nothing was known of */
  #incoming(listening: Listening, origin: string, seq: number): Incoming {
    const known = listening.incoming.get(origin);
    if (known !== undefined) return known;
    const incoming = createIncoming(listening.surveyed.has(bootOf(origin)) ? 1 : seq);
    listening.incoming.set(origin, incoming);
    return incoming;
  }

  #repair(carried: CarriedRoom, listening: Listening, origin: string, incoming: Incoming): void {
    if (incoming.repairing || incoming.sequence.missing() === undefined) return;
    incoming.repairing = true;
    void this.#repairAll(carried, listening, origin, incoming).finally(() => {
      incoming.repairing = false;
    });
  }

  async #repairAll(
    carried: CarriedRoom,
    listening: Listening,
    origin: string,
    incoming: Incoming,
  ): Promise<void> {
    const { clock } = this.#options;
    const stream = { carried, origin, incoming };
    for (let hole = incoming.sequence.missing(); hole !== undefined; hole = incoming.sequence.missing()) {
      const { toSeq } = hole;
      const isFilled = () => incoming.sequence.next > toSeq || carried.listening !== listening;
      const deadlineMs = clock.monotonicMs() + this.#patienceMs(origin);
      do {
        const askAgainMs = Math.min(deadlineMs, clock.monotonicMs() + ASKED_AGAIN_MS);
        const leftMs = () => askAgainMs - clock.monotonicMs();
        let isAnswered = await this.#fetch(stream, askAgainMs);
        for (let pauseMs = RECHECK_MS; leftMs() > 0 && !isFilled(); pauseMs *= 2) {
          await this.#wait(Math.min(pauseMs, leftMs()));
          // Of a link that is just back the way to ask may come later than the way on which messages come.
          const mayAnswer = !isAnswered && this.#isAlive(origin) && leftMs() > 0 && !isFilled();
          if (mayAnswer) isAnswered = await this.#ask(stream, bootOf(origin), leftMs());
        }
      } while (!isFilled() && clock.monotonicMs() < deadlineMs);
      if (carried.listening !== listening) return;
      if (!isFilled()) this.#giveUp(carried, origin, incoming);
    }
  }

  #patienceMs(origin: string): number {
    return this.#isAlive(origin) && this.#options.isSteady(bootOf(origin))
      ? REPAIR_MS_MAX
      : BEREFT_REPAIR_MS_MAX;
  }

  #isAlive(origin: string): boolean {
    return this.#options.peers().includes(bootOf(origin));
  }

  /** @returns whether the origin has answered */
  async #fetch(stream: Stream, deadlineMs: number): Promise<boolean> {
    const { clock, peers } = this.#options;
    const home = bootOf(stream.origin);
    const isAnswered = await this.#ask(stream, home, ORIGIN_ANSWER_MS);
    if (stream.incoming.sequence.missing() === undefined) return true;
    // The question may have been lost on a link that is just back.
    const others = peers().filter((boot) => boot !== home || !isAnswered);
    const leftMs = Math.max(1, deadlineMs - clock.monotonicMs());
    await Promise.all(others.map((boot) => this.#ask(stream, boot, leftMs)));
    return isAnswered;
  }

  /** @returns whether that node has answered */
  async #ask({ carried, origin, incoming }: Stream, boot: string, timeoutMs: number): Promise<boolean> {
    const after = { [origin]: incoming.sequence.next - 1 };
    const request = { room: carried.room, after, onlyNamed: true };
    const answer = await this.#options.client.ask(boot, request, timeoutMs);
    if (answer !== undefined) this.#takeIn(carried, answer);
    return answer !== undefined;
  }

  #takeIn(carried: CarriedRoom, { envelopes }: HistoryAnswer): void {
    for (const envelope of envelopes) this.arrive(carried, envelope);
  }

  #giveUp(carried: CarriedRoom, origin: string, { sequence }: Incoming): void {
    const gap = sequence.missing();
    if (gap === undefined) return;
    this.#options.onGap(carried, origin, gap);
    for (const ready of sequence.skip()) this.#options.deliver(carried, ready);
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(delayMs, resolve);
    });
  }
}

/** While a room is being opened every node is asked anyway, and nobody is in the room yet. */
function isStranger({ incoming, surveyed, opening }: Listening, origin: string): boolean {
  return opening === undefined && !incoming.has(origin) && !surveyed.has(bootOf(origin));
}
