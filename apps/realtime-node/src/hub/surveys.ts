import type { FanOutEnvelope } from "@tidewire/protocol/cluster/fanout";
import type { HistoryAnswer, HistoryRequest, Mark, Run } from "@tidewire/protocol/cluster/history";
import type { BroadcastPosition } from "@tidewire/protocol/supabase/broadcast";
import { CLOCKS_APART_MS_MAX } from "../clock.ts";
import type { Arrivals } from "./arrivals.ts";
import { type CarriedRoom, type Listening, positionsOf, settledPositions } from "./carried-room.ts";
import type { HistoryClient } from "./history-exchange.ts";
import { bootOf } from "./sequence.ts";
import type { Positions } from "./topic-log.ts";

/** A node that does not answer within this time is not waited for; a join may hang on it. */
const ANSWER_MS_MAX = 250;

interface Options {
  boot: string;
  client: HistoryClient;
  arrivals: Arrivals;
  peers: () => string[];
  remember(carried: CarriedRoom, envelope: FanOutEnvelope): void;
}

interface Answer {
  boot: string;
  answer: HistoryAnswer;
}

/** Asks other nodes how far they are in a room, and for what this one does not have. */
export class Surveys {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** At the opening of a room: from here on a first message that is not number 1 means a loss. */
  async open(carried: CarriedRoom, listening: Listening, boots = this.#options.peers()): Promise<void> {
    const heads = { after: {}, onlyNamed: true, sinceMs: listening.sinceMs };
    const answers = await this.#askAll(carried, boots, heads);
    if (carried.listening !== listening) return;
    for (const { answer } of answers) this.#date(carried, answer);
    const alive = new Set(boots);
    // Of a living origin only its own word counts: a third node may be ahead of what is on its way to this one.
    const trusted = answers.flatMap(({ boot, answer }) =>
      answer.heads.filter(({ origin }) => bootOf(origin) === boot || !alive.has(bootOf(origin))),
    );
    for (const [origin, head] of highest(trusted)) {
      if (this.#isOwn(origin)) continue;
      this.#options.arrivals.begin(listening, origin, head + 1);
      this.#options.arrivals.expect(carried, origin, head);
    }
    for (const { boot } of answers) listening.surveyed.add(boot);
  }

  /**
   * After a disruption: what was missed meanwhile is delivered, also that of origins that began meanwhile.
   *
   * @returns the boots that did not answer
   */
  async catchUp(carried: CarriedRoom, listening: Listening, boots: readonly string[]): Promise<string[]> {
    const answers = await this.#askAll(carried, boots, {
      after: { ...this.#notOwed(carried, listening), ...settledPositions(carried) },
      onlyNamed: false,
      sinceMs: listening.debts.sinceMs - CLOCKS_APART_MS_MAX,
    });
    if (carried.listening !== listening) return [];
    this.#learn(carried, listening, answers);
    for (const { boot } of answers) listening.surveyed.add(boot);
    return boots.filter((boot) => answers.every((each) => each.boot !== boot));
  }

  #learn(carried: CarriedRoom, listening: Listening, answers: readonly Answer[]): void {
    const begins = new Map<string, number>();
    for (const { boot, answer } of answers) {
      for (const [origin, next] of unheard(boot, answer, carried, listening)) {
        const mayBegin = this.#maySpeakFor(boot, origin) || listening.surveyed.has(bootOf(origin));
        if (mayBegin) begins.set(origin, Math.max(next, begins.get(origin) ?? 0));
      }
    }
    for (const [origin, next] of begins) this.#options.arrivals.begin(listening, origin, next);
    const { envelopes } = carried.log.of((origin) => begins.has(origin));
    this.#takeIn(carried, { heads: [], envelopes });
    for (const { answer } of answers) this.#takeIn(carried, answer);
  }

  /** Nothing is known of an origin: its node is asked, and when that is gone the others, for what members are owed. */
  async introduce(carried: CarriedRoom, listening: Listening, origin: string): Promise<void> {
    const boot = bootOf(origin);
    const wish = {
      after: { [origin]: this.#notOwed(carried, listening)[origin] ?? 0 },
      onlyNamed: true,
      sinceMs: listening.debts.sinceMs - CLOCKS_APART_MS_MAX,
    };
    for (const boots of [[boot], this.#options.peers()]) {
      const answers = await this.#askAll(carried, boots, wish);
      if (carried.listening !== listening) return;
      this.#learn(carried, listening, answers);
      if (listening.incoming.has(origin) || this.#options.peers().includes(boot)) return;
    }
  }

  /** What this node has stored of an origin, of which nothing else can be learnt, is all that there is to deliver. */
  recall(carried: CarriedRoom, listening: Listening, origin: string): void {
    const { boot, arrivals } = this.#options;
    if (listening.incoming.has(origin)) return;
    const own = carried.log.of((each) => each === origin);
    for (const [, next] of unheard(boot, own, carried, listening)) arrivals.begin(listening, origin, next);
    this.#takeIn(carried, own);
  }

  /**
   * Copies the whole history of the room from every node that it was not copied from since the opening. Most have the same,
   * so one is asked first, and the others for what that one did not have.
   */
  async copy(carried: CarriedRoom, listening: Listening, boots = this.#options.peers()): Promise<void> {
    const { copied } = listening;
    const [first, ...others] = boots.filter((boot) => !copied.has(boot));
    if (first !== undefined) {
      const leading = this.#copyFrom(carried, listening, first);
      copied.set(first, leading);
      for (const boot of others) {
        copied.set(
          boot,
          leading.then(() => this.#copyFrom(carried, listening, boot)),
        );
      }
    }
    await Promise.all(boots.map((boot) => copied.get(boot)));
  }

  /** For a client that is ahead of this node: its positions were given by nodes whose messages are still on their way. */
  async reach(carried: CarriedRoom, positions: Positions): Promise<void> {
    const known = positionsOf(carried);
    const behind = Object.entries(positions).filter(
      ([origin, seq]) => seq > (known[origin] ?? 0) && !this.#isOwn(origin),
    );
    await Promise.all(
      behind.map(async ([origin]) => {
        const after = { [origin]: known[origin] ?? 0 };
        for (const { answer } of await this.#askAll(carried, [bootOf(origin)], { after, onlyNamed: true })) {
          this.#takeIn(carried, answer);
        }
      }),
    );
  }

  /** Per origin that nothing was heard of: up to where what is stored here shows that nobody is owed it. */
  #notOwed(carried: CarriedRoom, { debts, incoming }: Listening): Record<string, number> {
    const strangers = Object.keys(carried.log.heads()).filter(
      (origin) => !incoming.has(origin) && !this.#isOwn(origin),
    );
    const firsts = strangers.map((origin): [string, number] => [
      origin,
      debts.firstOwed(origin, (atMs) => carried.log.lastBy(origin, atMs - CLOCKS_APART_MS_MAX)),
    ]);
    return Object.fromEntries(
      firsts.filter(([, first]) => first > 1).map(([origin, first]) => [origin, first - 1]),
    );
  }

  async #copyFrom(carried: CarriedRoom, listening: Listening, boot: string): Promise<void> {
    const wish = { after: {}, onlyNamed: false, held: heldOf(carried) };
    const [found] = await this.#askAll(carried, [boot], wish);
    if (found === undefined) listening.copied.delete(boot);
    else if (carried.listening === listening) this.#takeIn(carried, found.answer);
  }

  async #askAll(
    carried: CarriedRoom,
    boots: readonly string[],
    wish: Omit<HistoryRequest, "room">,
  ): Promise<Answer[]> {
    const request = { room: carried.room, ...wish };
    const answers = await Promise.all(
      boots.map(async (boot) => {
        const answer = await this.#options.client.ask(boot, request, ANSWER_MS_MAX);
        return answer === undefined ? [] : [{ boot, answer }];
      }),
    );
    return answers.flat();
  }

  #takeIn(carried: CarriedRoom, { heads, envelopes }: HistoryAnswer): void {
    const { arrivals, remember } = this.#options;
    const others = heads.filter(({ origin }) => !this.#isOwn(origin));
    for (const envelope of envelopes) {
      const { origin } = envelope.position;
      if (this.#isOwn(origin)) continue;
      // Of an origin that has said nothing since the opening, all this is the past.
      if (carried.listening?.incoming.has(origin)) arrivals.arrive(carried, envelope);
      else remember(carried, envelope);
    }
    this.#date(carried, { heads: others });
    for (const { origin, seq } of others) arrivals.expect(carried, origin, seq);
  }

  /** Kept also for others: who asks this node about an origin that is long gone must not take it for news. */
  #date({ log }: CarriedRoom, { heads }: Pick<HistoryAnswer, "heads">): void {
    for (const { origin, marks = [] } of heads) for (const mark of marks) log.date(origin, mark);
  }

  /** A node that lives is asked itself: nobody knows better. */
  #maySpeakFor(boot: string, origin: string): boolean {
    if (this.#isOwn(origin)) return false;
    return bootOf(origin) === boot || !this.#options.peers().includes(bootOf(origin));
  }

  #isOwn(origin: string): boolean {
    return bootOf(origin) === this.#options.boot;
  }
}

/**
 * Per origin that nothing was heard of: the first message that somebody here may be owed. All before it are known to be
 * older than that; of what nobody can date the worst is assumed, so that it is fetched or announced.
 */
function unheard(
  boot: string,
  { heads, envelopes }: HistoryAnswer,
  { log }: CarriedRoom,
  { debts, incoming }: Listening,
): Map<string, number> {
  const dated = new Map<string, Mark[]>();
  for (const { origin, marks = [] } of heads) if (!incoming.has(origin)) dated.set(origin, [...marks]);
  for (const { position, acceptedAtMs } of envelopes) {
    dated.get(position.origin)?.push({ seq: position.seq, atMs: acceptedAtMs });
  }
  const begins = new Map<string, number>();
  for (const [origin, marks] of dated) {
    // A third clock may be apart from that of the origin.
    const apartMs = bootOf(origin) === boot ? 0 : CLOCKS_APART_MS_MAX;
    const lastBefore = (sinceMs: number) => {
      const before = marks.filter(({ atMs }) => atMs < sinceMs - apartMs).map(({ seq }) => seq);
      return Math.max(log.lastBy(origin, sinceMs - CLOCKS_APART_MS_MAX), ...before);
    };
    begins.set(origin, debts.firstOwed(origin, lastBefore));
  }
  return begins;
}

/** What need not be sent again: stored here, and not waited for by members. */
function heldOf(carried: CarriedRoom): Record<string, Run> {
  const served = positionsOf(carried);
  const held = Object.entries(carried.log.runs()).map(([origin, [first, last]]): [string, Run] => [
    origin,
    [first, Math.min(last, served[origin] ?? 0)],
  ]);
  return Object.fromEntries(held.filter(([, [first, last]]) => first <= last));
}

function highest(all: readonly BroadcastPosition[]): Map<string, number> {
  const heads = new Map<string, number>();
  for (const { origin, seq } of all) heads.set(origin, Math.max(seq, heads.get(origin) ?? 0));
  return heads;
}
