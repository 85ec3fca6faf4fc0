import { expect, test } from "vitest";
import { MemoryBus } from "../bus/memory-bus.ts";
import { publishNotice } from "../changes/notices.ts";
import { createDeferred } from "../deferred.ts";
import { PolicyNews } from "./policy-news.ts";

const REF = "abcdefghijklmnopqrst";

/** A channel whose question is answered when the test says so. */
class Channel {
  print: string | undefined;
  asked = 0;
  #answer = createDeferred<void>();

  constructor(print?: string) {
    this.print = print;
  }

  async askAgain(): Promise<void> {
    this.asked++;
    await this.#answer.promise;
  }

  async answer(print: string | undefined): Promise<void> {
    this.print = print;
    this.#answer.resolve();
    this.#answer = createDeferred<void>();
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function start() {
  const bus = new MemoryBus();
  const news = new PolicyNews(bus);
  const beat = async (print: string, ref = REF) => {
    publishNotice(bus, { kind: "authorization", ref, print });
    await bus.flush();
    await settled();
  };
  return { bus, news, beat };
}

test("[A20] whoever has grants of other policies is asked again, once per answer, nobody else", async () => {
  const { news, beat } = start();
  const [old, current, unknown, elsewhere] = [
    new Channel("a"),
    new Channel("b"),
    new Channel(),
    new Channel("a"),
  ];
  for (const channel of [old, current, unknown]) news.watch(REF, channel);
  news.watch("tsrqponmlkjihgfedcba", elsewhere);
  await beat("b");
  await beat("b");
  expect([old.asked, current.asked, unknown.asked, elsewhere.asked]).toEqual([1, 0, 1, 0]);
});

test("[A20] a question that found no answer is asked again with the next beat", async () => {
  const { news, beat } = start();
  const channel = new Channel("a");
  news.watch(REF, channel);
  await beat("b");
  await channel.answer("a");
  expect(channel.asked).toBe(1);
  await beat("b");
  expect(channel.asked).toBe(2);
  await channel.answer("b");
  await beat("b");
  expect(channel.asked).toBe(2);
});

test("questions are bounded: the next are asked as answers come, and those who left are not", async () => {
  const { news, beat } = start();
  const channels = Array.from({ length: 300 }, () => new Channel("a"));
  const stops = channels.map((channel) => news.watch(REF, channel));
  await beat("b");
  const asked = () => channels.filter((channel) => channel.asked > 0).length;
  expect(asked()).toBe(256);
  for (const stop of stops.slice(280)) stop();
  for (const channel of channels.slice(0, 100)) await channel.answer("b");
  expect(asked()).toBe(280);
});

test("without a channel nothing is listened to", async () => {
  const { bus, news, beat } = start();
  const channel = new Channel("a");
  const stop = news.watch(REF, channel);
  expect(bus.status.subscriptions).toBe(1);
  stop();
  stop();
  expect(bus.status.subscriptions).toBe(0);
  await beat("b");
  expect(channel.asked).toBe(0);
});
