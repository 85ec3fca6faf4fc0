import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { expect, test } from "vitest";
import { foldAlike, fromAudit, fromGap, fromHome, fromTap } from "./to-log-entry.ts";

const EVENT: TapEvent = { id: "b-1", atMs: 5, node: "eu-1", ref: "r", kind: "refusal", topic: "room:1" };

test("a refusal is told with its code once, its sentence, and who was refused where", () => {
  const refusal = { ...EVENT, code: "Unauthorized", message: "Unauthorized: You may not", user: "ada" };
  expect(fromTap(refusal)).toEqual({
    id: "b-1",
    atMs: 5,
    kind: "refusal",
    code: "Unauthorized",
    sentence: "You may not",
    times: 1,
    node: "eu-1",
    topic: "room:1",
    who: "ada",
  });
});

test("system messages carry their code inside; confirmations, ordinary leaves and closes are left out", () => {
  const system = { ...EVENT, kind: "system" } as const;
  expect(fromTap({ ...system, event: "error", message: "DatabaseUnavailable: gone" })).toMatchObject({
    kind: "system",
    code: "DatabaseUnavailable",
    sentence: "gone",
  });
  expect(fromTap({ ...system, event: "error", message: "odd: text" })).toMatchObject({
    code: null,
    sentence: "odd: text",
  });
  expect(fromTap({ ...system, event: "ok", message: "Subscribed to PostgreSQL" })).toBeNull();
  expect(fromTap({ ...EVENT, kind: "leave", event: "left" })).toBeNull();
  expect(
    fromTap({ ...EVENT, kind: "close", event: "closed-by-client", message: "closed by the client" }),
  ).toBeNull();
  expect(fromTap({ ...EVENT, kind: "close", code: "SlowConsumer", message: "too slow" })).toMatchObject({
    kind: "close",
    code: "SlowConsumer",
  });
  expect(fromTap({ ...EVENT, kind: "join" })).toBeNull();
});

test("a member that was put out is an eviction, with its cause", () => {
  const leave = { ...EVENT, kind: "leave", user: "ada" } as const;
  expect(fromTap({ ...leave, event: "silent" })).toMatchObject({
    kind: "eviction",
    code: "SilentClient",
    sentence: "ada left the topic because its client fell silent.",
  });
  expect(fromTap({ ...leave, event: "kicked" })).toMatchObject({ kind: "eviction", code: null });
  expect(fromTap({ ...leave, event: "socket-error" })).toBeNull();
});

test("one outage told to a thousand channels is one line", () => {
  const told = Array.from({ length: 1_000 }, (_, index) =>
    fromTap({
      ...EVENT,
      id: `b-${index}`,
      kind: "system",
      event: "error",
      message: "DatabaseUnavailable: gone",
    }),
  ).filter((entry) => entry !== null);
  expect(foldAlike(told)).toMatchObject([{ id: "b-0", times: 1_000, topic: null }]);
  const refusals = ["b-1", "b-2"].map((id) => fromTap({ ...EVENT, id, code: "Unauthorized", message: "no" }));
  expect(foldAlike(refusals.filter((entry) => entry !== null))).toHaveLength(2);
});

test("a home tells when it became one, and of each outage its begin and its end", () => {
  const home = {
    node: "eu-1",
    epoch: 3,
    homeSinceMs: 10,
    slot: "tidewire_r",
    outages: [
      { fromMs: 100, toMs: 7_100, reason: "connection refused" },
      { fromMs: 9_000, reason: "no answer" },
    ],
  } as ReplicationSnapshot;
  expect(fromHome(home).map(({ id, atMs, sentence }) => [id, atMs, sentence])).toEqual([
    ["home-eu-1-3", 10, "eu-1 became the home of the project and took its slot tidewire_r."],
    ["outage-eu-1-100", 100, "The database was lost: connection refused."],
    ["outage-eu-1-9000", 9_000, "The database was lost: no answer."],
    ["recovery-eu-1-100", 7_100, "The database is back after 7 s."],
  ]);
});

test("changes say who did what, gaps what was lost", () => {
  const event = { id: "7", at: new Date(1), actor: "a@b", action: "key.create", target: "web" };
  expect(fromAudit({ ...event, before: null, after: null }).sentence).toBe("a@b created the key web.");
  expect(fromAudit({ ...event, before: null, after: { did: "Publish t" } }).sentence).toBe("a@b: Publish t.");
  expect(fromAudit({ ...event, action: "odd.thing", before: null, after: null }).sentence).toBe(
    "a@b: odd.thing web.",
  );
  const gap = { id: "1", ref: "r", fromLsn: "0/1", toLsn: "0/2", atMs: 1, tables: ["public.a"], channels: 1 };
  expect(fromGap({ ...gap, cause: "slot-missing", node: "eu-1" }).sentence).toBe(
    "Changes of public.a between 0/1 and 0/2 were lost: the slot was gone. 1 channel was told.",
  );
});
