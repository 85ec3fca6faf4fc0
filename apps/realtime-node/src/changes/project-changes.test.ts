import type { ChangeEnvelope, HomeNotice } from "@tidewire/protocol/cluster/changes";
import type { ShapesRegistered } from "@tidewire/protocol/cluster/home";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import { Refusal } from "@tidewire/protocol/errors";
import type { SystemPayload } from "@tidewire/protocol/supabase/system";
import { describe, expect, test } from "vitest";
import { MemoryBus } from "../bus/memory-bus.ts";
import { systemClock } from "../clock.ts";
import { createDeferred, type Deferred } from "../deferred.ts";
import { createLog } from "../log.ts";
import { formatLsn, parseLsn, toLsn } from "../wal/lsn.ts";
import { Bindings } from "./bindings.ts";
import { encodeMessage } from "./envelope-batch.ts";

const times = { decodedMs: 1, matchedMs: 1, authorizedMs: 1, sentMs: 1 };
const life = { node: "n1", boot: "b1" };
const ref = "r";

/** A home in the test's hands: registrations wait for their answer, changes and notices are published at will. */
function setUp() {
  const bus = new MemoryBus();
  const asked: { name: string; resume: boolean | undefined; answer: Deferred<ShapesRegistered> }[] = [];
  const released: string[] = [];
  const client = {
    register(_: string, { registration, resume }: { registration: string; resume?: boolean }) {
      const answer = createDeferred<ShapesRegistered>();
      asked.push({ name: registration, resume, answer });
      return answer.promise;
    },
    release: async (_: string, __: object, names: string[]) => void released.push(...names),
    hold: async () => ({ known: 0, epoch: 1 }),
  };
  const log = createLog({ level: "silent", fields: {} });
  let passedMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + passedMs };
  const bindings = new Bindings({ bus, client, life, clock, log });
  let seq = 0;
  const say = async (notice: HomeNotice) => {
    bus.publish(subjects.notices(ref), Buffer.from(JSON.stringify(notice)));
    await bus.flush();
  };
  return {
    /** Time in which nobody speaks. */
    pass: (ms: number) => {
      passedMs += ms;
    },
    bus,
    asked,
    released,
    bindings,
    async send(envelopes: ChangeEnvelope[], { epoch = 1, skip = 0 } = {}) {
      seq += 1 + skip;
      const kinds = envelopes.map(({ kind }) => kind);
      const head = { boot: life.boot, epoch, seq, times, kinds };
      const changes = envelopes.map((each, kind) => ({ ...each, kind }));
      bus.publish(subjects.changes(ref, life.node), encodeMessage(head, changes));
      await bus.flush();
    },
    say,
    /** The node of that number says that it is the home. */
    announce: (number: number, epoch = number) =>
      say({ kind: "home", ref, node: `n${number}`, boot: `b${number}`, epoch }),
    restartSequence: () => {
      seq = 0;
    },
    async answer(at: number, answer: Partial<ShapesRegistered> = {}) {
      await expect.poll(() => asked.length).toBeGreaterThan(at);
      asked[at]?.answer.resolve({ shapes: ["s1"], lsn: "0/10", epoch: 1, ...answer });
      await bus.flush();
      await new Promise((resolve) => setImmediate(resolve));
    },
    channel(channelId = "c1") {
      const got: string[] = [];
      const told: SystemPayload[] = [];
      const subscriber = {
        channelId,
        ref,
        topic: "t",
        deliver: (ids: readonly number[], changes: readonly ChangeEnvelope[]) =>
          void got.push(...changes.map(({ lsn }) => `${ids}@${formatLsn(toLsn(lsn))}`)),
        system: (payload: SystemPayload) => told.push(payload),
      };
      const spec = { event: "*" as const, schema: "public", table: "t" };
      const subscribe = (claims = {}) => bindings.subscribe(subscriber, [{ id: 7, spec }], claims);
      return { got, told, subscribe };
    },
  };
}

/** A home and a channel that has what it asked for. */
async function setUpSubscribed() {
  const home = setUp();
  const channel = home.channel();
  void channel.subscribe();
  await home.answer(0);
  return { home, channel };
}

function envelope(lsn: string, shapes = ["s1"], ordinal = 0): ChangeEnvelope {
  return {
    kind: { shapes, schema: "public", table: "t" },
    type: "INSERT",
    lsn: parseLsn(lsn),
    ordinal,
    committedMs: 1,
    receivedMs: 1,
    times,
    data: Buffer.from("{}"),
  };
}

describe("a channel's promise", () => {
  test("[P8] changes that overtake the answer are delivered after it; older ones are not its affair", async () => {
    const home = setUp();
    const channel = home.channel();
    const subscribed = channel.subscribe();
    await home.send([envelope("0/9"), envelope("0/11")]);
    expect(channel.got).toEqual([]);
    await home.answer(0);
    expect(await subscribed).toEqual({ lsn: "0/10" });
    expect(channel.told).toMatchObject([{ message: "Subscribed to PostgreSQL", lsn: "0/10" }]);
    expect(channel.got).toEqual(["7@0/11"]);
    await home.send([envelope("0/12")]);
    expect(channel.got).toEqual(["7@0/11", "7@0/12"]);
  });

  test("a new epoch is registered for again, without the client noticing and without a change twice", async () => {
    const { home, channel } = await setUpSubscribed();
    await home.send([envelope("0/11")]);
    await home.announce(2);
    await expect.poll(() => home.asked.length).toBe(2);
    expect(home.asked[1]).toMatchObject({ resume: true });
    home.restartSequence();
    await home.send([envelope("0/11", ["z"]), envelope("0/13", ["z"])], { epoch: 2 });
    await home.answer(1, { shapes: ["z"], lsn: "0/20", epoch: 2 });
    expect(channel.got).toEqual(["7@0/11", "7@0/13"]);
    expect(channel.told).toHaveLength(1);
  });

  test("[R31] a channel that is given a backlog gets what its node has seen before for others, once", async () => {
    const home = setUp();
    const [stayed, came] = [home.channel("stayed"), home.channel("came")];
    void stayed.subscribe();
    await home.answer(0);
    await home.send([envelope("0/11"), envelope("0/12")]);
    await home.announce(2);
    await home.answer(1, { epoch: 2, lsn: "0/20" });
    void came.subscribe();
    await home.answer(2, { epoch: 2, lsn: "0/20", backlog: { fromLsn: "0/12", sinceMs: 0 } });
    home.restartSequence();
    await home.send([envelope("0/11"), envelope("0/12"), envelope("0/13")], { epoch: 2 });
    expect(stayed.got).toEqual(["7@0/11", "7@0/12", "7@0/13"]);
    expect(came.told).toMatchObject([{ message: "Subscribed to PostgreSQL", lsn: "0/12" }]);
    expect(came.got).toEqual(["7@0/12", "7@0/13"]);
    await home.announce(3);
    await home.answer(3, { epoch: 3, lsn: "0/20" });
    await home.answer(4, { epoch: 3, lsn: "0/20" });
    home.restartSequence();
    await home.send([envelope("0/12"), envelope("0/13"), envelope("0/14")], { epoch: 3 });
    expect(stayed.got.slice(3)).toEqual(["7@0/14"]);
    expect(came.got.slice(2)).toEqual(["7@0/14"]);
  });

  test("[R31] what came from a home that is none any more is not served by the next one's shapes", async () => {
    const home = setUp();
    const [stayed, came] = [home.channel("stayed"), home.channel("came")];
    void stayed.subscribe();
    await home.answer(0);
    void came.subscribe();
    await expect.poll(() => home.asked.length).toBe(2);
    // The answer never comes; what the old home sends meanwhile is kept for it.
    await home.send([envelope("0/11"), envelope("0/12")]);
    await home.announce(2);
    home.asked[1]?.answer.reject(new Refusal("DatabaseUnavailable"));
    await home.answer(2, { epoch: 2, lsn: "0/20" });
    await home.answer(3, { epoch: 2, lsn: "0/20", backlog: { fromLsn: "0/11", sinceMs: 0 } });
    expect(came.got).toEqual([]);
    home.restartSequence();
    await home.send([envelope("0/11"), envelope("0/12"), envelope("0/13")], { epoch: 2 });
    expect(stayed.got).toEqual(["7@0/11", "7@0/12", "7@0/13"]);
    expect(came.got).toEqual(["7@0/11", "7@0/12", "7@0/13"]);
  });

  test("a channel that waited through two epochs gets what is repeated, and is told what is not", async () => {
    const setting = async (repeatedFrom: string) => {
      const home = setUp();
      const [quick, slow] = [home.channel("quick"), home.channel("slow")];
      void quick.subscribe();
      void slow.subscribe();
      await home.answer(0);
      await home.answer(1);
      await home.announce(2);
      await home.answer(2, { epoch: 2, lsn: "0/20" });
      home.restartSequence();
      await home.send([envelope("0/21"), envelope("0/22")], { epoch: 2 });
      await home.announce(3);
      const backlog = { fromLsn: repeatedFrom, sinceMs: 0 };
      await home.answer(3, { epoch: 2 });
      for (const at of [4, 5]) await home.answer(at, { epoch: 3, lsn: "0/30", backlog });
      home.restartSequence();
      await home.send([envelope("0/22"), envelope("0/23")], { epoch: 3 });
      return { quick, slow };
    };
    const whole = await setting("0/10");
    expect(whole.slow.got).toEqual(["7@0/22", "7@0/23"]);
    expect(whole.quick.got).toEqual(["7@0/21", "7@0/22", "7@0/23"]);
    expect(whole.slow.told).toHaveLength(1);
    const torn = await setting("0/22");
    expect(torn.slow.told.at(-1)).toMatchObject({ complete: false, to_lsn: "0/22" });
    expect(torn.quick.told).toHaveLength(1);
  });

  test("a channel that was given a backlog long ago is not told of gaps with every new home", async () => {
    const home = setUp();
    const channel = home.channel();
    void channel.subscribe();
    await home.answer(0, { backlog: { fromLsn: "0/8", sinceMs: 0 } });
    await home.send([envelope("0/11")]);
    await home.announce(2);
    await home.answer(1, { epoch: 2, lsn: "0/30", backlog: { fromLsn: "0/20", sinceMs: 0 } });
    expect(channel.told).toHaveLength(1);
  });

  test("two homes with the same epoch, after a crash of Postgres, are two homes", async () => {
    const home = setUp();
    const channel = home.channel();
    void channel.subscribe();
    await home.announce(1);
    await home.answer(0);
    await home.say({ kind: "stepped-down", ref, node: "n1", epoch: 1 });
    await home.announce(2, 1);
    await expect.poll(() => home.asked.length).toBe(2);
    expect(home.asked[1]).toMatchObject({ resume: true });
  });

  test("a home that is heard of after its answer and its first changes is no second one, and its predecessor is none", async () => {
    const { home, channel } = await setUpSubscribed();
    await home.announce(1);
    await home.send([envelope("0/11")]);
    home.restartSequence();
    await home.send([envelope("0/12", ["z"])], { epoch: 2 });
    await home.answer(1, { shapes: ["z"], lsn: "0/20", epoch: 2 });
    await home.announce(1);
    await home.announce(2);
    await home.send([envelope("0/21", ["z"])], { epoch: 2 });
    expect(home.asked).toHaveLength(2);
    expect(channel.got).toEqual(["7@0/11", "7@0/12", "7@0/21"]);
    expect(channel.told).toHaveLength(1);
  });

  test("[R31] what was asked of a home in its last moment is asked of the next one at once", async () => {
    const { home } = await setUpSubscribed();
    await home.announce(1);
    void home.channel("c2").subscribe();
    await expect.poll(() => home.asked.length).toBe(2);
    const asked = home.asked[1]?.name;
    // The home that was asked never answers.
    await home.announce(2);
    await expect.poll(() => home.asked.slice(2).map(({ name }) => name)).toContain(asked);
  });

  test("an answer of an epoch that is over is not believed", async () => {
    const home = setUp();
    const channel = home.channel();
    void channel.subscribe();
    await home.announce(2);
    await home.answer(0, { epoch: 1 });
    expect(channel.told).toEqual([]);
    await expect.poll(() => home.asked.length).toBe(2);
    await home.answer(1, { epoch: 2 });
    expect(channel.told).toHaveLength(1);
  });

  test("what was missed between two epochs is told with its span", async () => {
    const { home, channel } = await setUpSubscribed();
    await home.announce(2);
    await home.answer(1, { epoch: 2, missed: { fromLsn: "0/15", toLsn: "0/18" } });
    expect(channel.told[1]).toMatchObject({
      status: "error",
      from_lsn: "0/15",
      to_lsn: "0/18",
      complete: false,
    });
  });

  test("what did not fit while a channel waited is told to it, if it was for it", async () => {
    const home = setUp();
    const [mine, other] = [home.channel("mine"), home.channel("other")];
    void mine.subscribe();
    void other.subscribe();
    await expect.poll(() => home.asked.length).toBe(2);
    const large = (lsn: string) => ({ ...envelope(lsn), data: Buffer.alloc(3 * 1024 * 1024, " ") });
    for (const lsn of ["0/11", "0/12", "0/13", "0/14"]) await home.send([large(lsn)]);
    await home.answer(0);
    await home.answer(1, { shapes: ["s2"] });
    expect(mine.got).toEqual(["7@0/11", "7@0/12"]);
    expect(mine.told.slice(1)).toMatchObject([{ complete: false, from_lsn: "0/12", to_lsn: "0/15" }]);
    expect(other.told.map(({ message }) => message)).toEqual(["Subscribed to PostgreSQL"]);
  });

  test("a message that is missing is told", async () => {
    const { home, channel } = await setUpSubscribed();
    await home.send([envelope("0/11")]);
    await home.send([envelope("0/15")], { skip: 1 });
    expect(channel.told[1]).toMatchObject({ from_lsn: "0/11", to_lsn: "0/15", complete: false });
    expect(channel.got).toEqual(["7@0/11", "7@0/15"]);
  });

  test("a refusal that only a change can mend is final; another is tried again, and told once", async () => {
    const home = setUp();
    const channel = home.channel();
    const subscribed = channel.subscribe();
    await expect.poll(() => home.asked.length).toBe(1);
    home.asked[0]?.answer.reject(new Refusal("UnableToConnectToProject"));
    await expect.poll(() => home.asked.length).toBe(2);
    home.asked[1]?.answer.reject(new Refusal("UnableToConnectToProject"));
    await expect.poll(() => home.asked.length).toBe(3);
    home.asked[2]?.answer.reject(
      new Refusal("RealtimeDisabledForConfiguration", { message: "no such table" }),
    );
    await expect(subscribed).rejects.toThrow("no such table");
    expect(channel.told.map(({ status }) => status)).toEqual(["error", "error"]);
    expect(channel.told[1]?.message).toBe("no such table");
  });

  test("a channel that leaves hears nothing more, and is released", async () => {
    const home = setUp();
    const [channel, other] = [home.channel(), home.channel("c2")];
    void channel.subscribe();
    void other.subscribe();
    await home.answer(0);
    await home.answer(1);
    home.bindings.unsubscribe("c1");
    await home.send([envelope("0/11")]);
    expect([channel.got, other.got]).toEqual([[], ["7@0/11"]]);
    await expect.poll(() => home.released).toEqual([home.asked[0]?.name]);
  });

  test("new claims replace the old ones only when they hold; nothing comes twice or not at all", async () => {
    const home = setUp();
    const channel = home.channel();
    void channel.subscribe({ exp: 1 });
    await home.answer(0);
    void channel.subscribe({ exp: 2 });
    await home.send([envelope("0/11", ["s1", "s2"])]);
    expect(channel.got).toEqual(["7@0/11"]);
    await home.send([envelope("0/12", ["s2"])]);
    await home.answer(1, { shapes: ["s2"], lsn: "0/11" });
    expect(channel.got).toEqual(["7@0/11", "7@0/12"]);
    await home.send([envelope("0/13", ["s1"]), envelope("0/14", ["s2"])]);
    expect(channel.got).toEqual(["7@0/11", "7@0/12", "7@0/14"]);
    await expect.poll(() => home.released).toEqual([home.asked[0]?.name]);
  });
});

describe("losses of the database [D12]", () => {
  const lost: HomeNotice = { kind: "database-lost", ref, reason: "gone", sinceMs: 5, lsn: "0/11" };
  const recovered = (complete: boolean): HomeNotice => ({
    kind: "database-recovered",
    ref,
    fromLsn: "0/11",
    toLsn: "0/19",
    complete,
  });

  test("the beginning is told once, the end to those who were told", async () => {
    const home = setUp();
    const [early, late] = [home.channel("early"), home.channel("late")];
    void early.subscribe();
    await home.answer(0);
    await home.say(lost);
    await home.say({ ...lost, reason: "still gone" });
    void late.subscribe();
    await home.answer(1);
    await home.say(recovered(true));
    await home.say(recovered(true));
    expect(early.told.map(({ message }) => message)).toEqual([
      "Subscribed to PostgreSQL",
      "DatabaseUnavailable: gone",
      "Recovered",
    ]);
    expect(late.told.map(({ message }) => message)).toContain("DatabaseUnavailable: gone");
  });

  test("[R34] the silence of a home is a loss like others; the next home closes it, or the same one by speaking", async () => {
    const home = setUp();
    const channel = home.channel();
    void channel.subscribe();
    await home.announce(1);
    await home.answer(0);
    const messages = () => channel.told.slice(1).map(({ message }) => message.split(":")[0]);
    home.pass(5_000);
    await expect.poll(messages).toEqual(["DatabaseUnavailable"]);
    await home.announce(1);
    expect(messages()).toEqual(["DatabaseUnavailable", "Recovered"]);
    home.pass(5_000);
    await expect.poll(messages).toHaveLength(3);
    await home.announce(2);
    expect(messages()).toHaveLength(3);
    await home.say(recovered(true));
    expect(messages().slice(2)).toEqual(["DatabaseUnavailable", "Recovered"]);
  });

  test("[R34] a home that has answered and is never heard is a silent home too, until it speaks", async () => {
    const { home, channel } = await setUpSubscribed();
    home.pass(5_000);
    await expect.poll(() => channel.told.length).toBe(2);
    await home.announce(1);
    expect(channel.told.at(-1)).toMatchObject({ message: "Recovered", complete: true });
    expect(home.asked).toHaveLength(1);
  });

  test("[R34] a home that steps down without another taking over is told after a second", async () => {
    const home = setUp();
    const channel = home.channel();
    void channel.subscribe();
    await home.announce(1);
    await home.answer(0);
    await home.say({ kind: "stepped-down", ref, node: "n1", epoch: 1 });
    home.pass(1_500);
    await expect.poll(() => channel.told.length).toBe(2);
    await home.say(recovered(true));
    expect(channel.told.at(-1)).toMatchObject({ message: "Recovered", complete: true });
  });

  test("a channel that was never subscribed has lost nothing, whatever was lost", async () => {
    const home = setUp();
    const channel = home.channel();
    await home.say(lost);
    void channel.subscribe();
    await home.say(lost);
    await home.say(recovered(false));
    expect(channel.told.map(({ message }) => message)).toEqual(["DatabaseUnavailable: gone", "Recovered"]);
  });

  test("a registration that failed after the loss was over is closed when it holds again", async () => {
    const { home, channel } = await setUpSubscribed();
    await home.announce(2);
    await expect.poll(() => home.asked.length).toBe(2);
    home.asked[1]?.answer.reject(new Refusal("DatabaseUnavailable"));
    await expect.poll(() => channel.told.length).toBe(2);
    await home.answer(2, { epoch: 2, lsn: "0/30" });
    expect(channel.told.at(-1)).toMatchObject({
      status: "ok",
      message: "Recovered",
      to_lsn: "0/30",
      complete: true,
    });
  });

  test("a loss for good is told to all whom it concerns", async () => {
    const home = setUp();
    const [before, after] = [home.channel("before"), home.channel("after")];
    void before.subscribe();
    void after.subscribe();
    await home.answer(0);
    await home.answer(1, { lsn: "0/19" });
    await home.say(recovered(false));
    expect(before.told[1]).toMatchObject({
      status: "error",
      complete: false,
      from_lsn: "0/10",
      to_lsn: "0/19",
    });
    expect(after.told).toHaveLength(1);
  });

  test("rows that could not be checked are told to their class only", async () => {
    const home = setUp();
    const [mine, other] = [home.channel("mine"), home.channel("other")];
    void mine.subscribe();
    void other.subscribe();
    await home.answer(0);
    await home.answer(1, { shapes: ["s2"] });
    await home.say({ kind: "rows-skipped", ref, shapes: ["s1"], rows: 3, reason: "too slow" });
    expect(mine.told[1]).toMatchObject({ status: "error", skipped: 3 });
    expect(other.told).toHaveLength(1);
  });
});
