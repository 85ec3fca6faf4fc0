import { expect, test } from "vitest";
import { LongPollSession, WINDOW_MS } from "./longpoll-session.ts";
import { TimerWheel } from "./timer-wheel.ts";
import type { TransportListener } from "./transport.ts";
import { toWireFrame } from "./wire-frame.ts";

const never = new AbortController().signal;

function start() {
  let nowMs = 0;
  const wheel = new TimerWheel(nowMs);
  const heard: string[] = [];
  const session = new LongPollSession(
    { nowMs: () => nowMs, schedule: (dueMs, task) => wheel.schedule(dueMs, task) },
    () => heard.push("forgotten"),
  );
  const listener: TransportListener = {
    heard: () => undefined,
    prompted: () => void heard.push("poll"),
    message: (data, isBinary) => void heard.push(`${isBinary ? "bytes" : "text"} ${data}`),
    failed: (_, code) => void heard.push(`failed ${code}`),
    gone: (code) => void heard.push(`gone ${code}`),
  };
  session.listen(listener);
  const pass = (ms: number) => {
    nowMs += ms;
    wheel.advance(nowMs);
  };
  return { session, heard, pass };
}

const frames = (...texts: string[]) => Buffer.concat(texts.map(toWireFrame));

test("what was written before a poll is handed to it at once, in order", async () => {
  const { session } = start();
  session.write(frames("a", "b"));
  session.write(frames("c"));
  expect(session.bufferedBytes).toBe(9);
  expect(await session.poll(never)).toEqual({ status: 200, messages: ["a", "b", "c"] });
  expect(session.bufferedBytes).toBe(0);
});

test("a poll waits for the next write", async () => {
  const { session } = start();
  const poll = session.poll(never);
  expect(session.isAttended).toBe(true);
  session.write(frames("a"));
  expect(await poll).toEqual({ status: 200, messages: ["a"] });
  expect(session.isAttended).toBe(false);
});

test("[C32] a poll that hears nothing is answered after its window", async () => {
  const { session, pass } = start();
  const poll = session.poll(never);
  pass(WINDOW_MS);
  expect(await poll).toEqual({ status: 204 });
});

test("a newer poll takes the place of the one that waits", async () => {
  const { session } = start();
  const older = session.poll(never);
  const newer = session.poll(never);
  expect(await older).toEqual({ status: 204 });
  session.write(frames("a"));
  expect(await newer).toEqual({ status: 200, messages: ["a"] });
});

test("[C33] a poll that the client cuts off ends the session", async () => {
  const { session, heard } = start();
  const client = new AbortController();
  const poll = session.poll(client.signal);
  client.abort();
  await poll;
  expect(heard).toEqual(["poll", "forgotten", "gone 1005"]);
  expect(session.write(frames("a"))).toBe(false);
  expect(await session.poll(never)).toEqual({ status: 410 });
});

test("closed with words left, it waits for one more poll", async () => {
  const { session, heard } = start();
  session.write(frames("last words"));
  session.close(1012);
  expect(heard).toEqual([]);
  expect(await session.poll(never)).toEqual({ status: 200, messages: ["last words"] });
  expect(heard).toEqual(["poll", "forgotten", "gone 1012"]);
  expect(await session.poll(never)).toEqual({ status: 410 });
});

test("last words that nobody fetches are dropped", async () => {
  const { session, heard, pass } = start();
  session.write(frames("last words"));
  session.close(1012);
  pass(2_000);
  expect(heard).toEqual(["forgotten", "gone 1012"]);
  expect(await session.poll(never)).toEqual({ status: 410 });
});

test("closed while a poll waits, the poll is told", async () => {
  const { session } = start();
  const poll = session.poll(never);
  session.close(1012);
  expect(await poll).toEqual({ status: 410 });
});
