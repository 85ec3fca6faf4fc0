import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import type { TapEvent } from "@tidewire/protocol/cluster/tap";
import { expect, test } from "vitest";
import { toSubjects } from "./to-subjects.ts";

const EVENT: TapEvent = { id: "b-1", atMs: 5, node: "n", ref: "r", kind: "join", topic: "t", private: true };
const CONNECTION = {
  id: "c1",
  node: "n",
  role: "authenticated",
  user: "ada",
  channels: [
    { id: "1", topic: "inbox:ada", private: true, sinceMs: 9, bindings: 0 },
    { id: "2", topic: "lobby", private: false, sinceMs: 9, bindings: 0 },
  ],
} as unknown as ConnectionInfo;

test("those who are in, those who came and those who were refused count, at private topics only", () => {
  const events: TapEvent[] = [
    { ...EVENT, user: "bob", message: "as authenticated; not usable and ignored: x" },
    { ...EVENT, private: false, message: "as anon" },
    { ...EVENT, kind: "refusal", code: "Unauthorized", topic: "vault", atMs: 7 },
    { ...EVENT, kind: "refusal", code: "TokenExpired", topic: "vault" },
    { ...EVENT, kind: "leave", user: "eve" },
  ];
  expect(toSubjects([CONNECTION], events, 10)).toEqual([
    { role: "authenticated", sub: "ada", topic: "inbox:ada" },
    { role: "anon", sub: null, topic: "vault" },
    { role: "authenticated", sub: "bob", topic: "t" },
  ]);
});

test("a refusal is that of its connection's user, where that is still there", () => {
  const refusal: TapEvent = { ...EVENT, kind: "refusal", code: "Unauthorized", from: "c1" };
  expect(toSubjects([{ ...CONNECTION, channels: [] }], [refusal], 10)).toEqual([
    { role: "authenticated", sub: "ada", topic: "t" },
  ]);
  expect(toSubjects([], [refusal], 10)).toEqual([{ role: "anon", sub: null, topic: "t" }]);
});

test("each once, the newest first, no more than asked for, and nobody who passes all policies", () => {
  const events = ["as anon", "as anon", "as service_role", "as clerk"].map(
    (message, atMs): TapEvent => ({ ...EVENT, message, atMs }),
  );
  expect(toSubjects([], events, 10).map(({ role }) => role)).toEqual(["clerk", "anon"]);
  expect(toSubjects([], events, 1).map(({ role }) => role)).toEqual(["clerk"]);
});
