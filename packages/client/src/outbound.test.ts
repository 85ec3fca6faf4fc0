import { expect, test, vi } from "vitest";
import { Outbound, PublishQueueFull, PublishRefused, PublishTimedOut } from "./outbound.ts";

function createOutbound() {
  const written: string[] = [];
  const line = { isUp: true };
  const outbound = new Outbound({ canWrite: () => line.isUp, write: ({ id }) => written.push(id) });
  const publish = (id: string, timeoutMs = 1_000) =>
    outbound.publish({ id, event: "e", payload: {}, timeoutMs });
  return { outbound, written, publish, line };
}

test("messages wait until the channel is joined, and are written again in order after a reconnect", async () => {
  const { outbound, written, publish } = createOutbound();
  const sent = [publish("1"), publish("2")];
  expect(written).toEqual([]);
  outbound.open();
  sent.push(publish("3"));
  outbound.accepted("1", { origin: "a", seq: 1 });
  outbound.pause();
  sent.push(publish("4"));
  outbound.open();
  expect(written).toEqual(["1", "2", "3", "2", "3", "4"]);
  outbound.accepted("2", { origin: "a", seq: 2, repeated: true });
  for (const id of ["3", "4"]) outbound.accepted(id, {});
  expect((await Promise.all(sent)).map(({ repeated }) => repeated)).toEqual([false, true, false, false]);
  expect(outbound.waiting).toBe(0);
});

test("a line that breaks under a message holds back all that follow, so that none overtakes it", async () => {
  const { outbound, written, publish, line } = createOutbound();
  outbound.open();
  const sent = [publish("1")];
  line.isUp = false;
  sent.push(publish("2"));
  line.isUp = true;
  sent.push(publish("3"));
  expect(written).toEqual(["1"]);
  outbound.open();
  expect(written).toEqual(["1", "1", "2", "3"]);
  for (const id of ["1", "2", "3"]) outbound.accepted(id, {});
  await Promise.all(sent);
});

test("a refusal, a full queue, a double name and the end of the channel are told", async () => {
  const { outbound, publish } = createOutbound();
  const refused = publish("1");
  outbound.refused("1", "Unauthorized");
  await expect(refused).rejects.toThrow(PublishRefused);
  const rest = Array.from({ length: 1_000 }, (_, i) => publish(`x${i}`));
  await expect(publish("one more")).rejects.toThrow(PublishQueueFull);
  outbound.accepted("x0", {});
  await expect(publish("x1")).rejects.toThrow(RangeError);
  outbound.close();
  const outcomes = await Promise.allSettled(rest);
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(999);
});

test("a message that is not answered in time is given up", async () => {
  vi.useFakeTimers();
  const { publish } = createOutbound();
  const late = expect(publish("1", 500)).rejects.toThrow(PublishTimedOut);
  await vi.advanceTimersByTimeAsync(501);
  await late;
  vi.useRealTimers();
});
