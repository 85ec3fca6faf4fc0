import { describe, expect, test } from "vitest";
import { Refusal } from "../errors.ts";
import { parsePresencePush, toPresenceMeta } from "./presence.ts";
import { errorReply, okReply } from "./reply.ts";

describe("a presence push", () => {
  test.each([
    [
      { type: "presence", event: "track", payload: { a: 1 } },
      { kind: "track", payload: { a: 1 } },
    ],
    [
      { event: "TRACK", payload: {} },
      { kind: "track", payload: {} },
    ],
    [{ event: "track" }, { kind: "track", payload: {} }],
    [{ event: "Untrack", payload: 5 }, { kind: "untrack" }],
    [{}, { kind: "nothing" }],
    [{ event: null }, { kind: "nothing" }],
    [null, { kind: "nothing" }],
  ])("[P20] %j means %j", (push, expected) => {
    expect(parsePresencePush(push)).toEqual(expected);
  });

  test.each([[null], [[]], ["x"], [5]])("[P21] a tracked %j is refused", (payload) => {
    const refusal = expect.objectContaining({ code: "InvalidPresencePayload" });
    expect(() => parsePresencePush({ event: "track", payload })).toThrow(refusal);
  });

  test.each([
    [{ event: "move" }, "UnknownPresenceEvent"],
    [{ event: 5 }, "ChannelCrashed"],
    [[], "ChannelCrashed"],
  ])("[P25] %j is %s", (push, code) => {
    expect(() => parsePresencePush(push)).toThrow(expect.objectContaining({ code }));
  });

  test("[P16] references are the server's", () => {
    const tracked = { phx_ref: "mine", phx_ref_prev: "mine", name: "Ann" };
    expect(toPresenceMeta(tracked, "r1")).toEqual({ phx_ref: "r1", name: "Ann" });
    expect(toPresenceMeta(tracked, "r2", "r1")).toEqual({ phx_ref: "r2", phx_ref_prev: "r1", name: "Ann" });
  });
});

describe("replies", () => {
  test("have the form that clients know for each code", () => {
    expect(okReply()).toEqual({ status: "ok", response: {} });
    expect(errorReply(new Refusal("UnmatchedTopic"))).toEqual({
      status: "error",
      response: { reason: "unmatched topic" },
    });
    expect(errorReply(new Refusal("PayloadSizeExceeded"))).toEqual({
      status: "error",
      response: "payload_size_exceeded",
    });
    expect(errorReply(new Refusal("UnableToTrackPresence"))).toEqual({ status: "error", response: {} });
    expect(errorReply(new Refusal("InvalidPresencePayload"))).toEqual({
      status: "error",
      response: { reason: "Presence track payload must be a map" },
    });
  });
});
