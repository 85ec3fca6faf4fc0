import { describe, expect, test } from "vitest";
import { parseJoin, wantedReplay } from "./join.ts";

const withConfig = (config: unknown, rest: object = {}) => parseJoin({ config, ...rest });

describe("a join's fields", () => {
  test("[J11] have defaults", () => {
    expect(withConfig({})).toEqual({
      private: false,
      broadcast: {
        ack: false,
        self: false,
        replicationReady: false,
        replay: undefined,
        sequence: false,
        resume: undefined,
      },
      presence: { key: undefined, enabled: false },
      bindings: [],
      bindingError: undefined,
      echoes: [],
      legacy: false,
      accessToken: undefined,
      invalidFields: [],
    });
  });

  test("[J12] booleans may be words in any letter case", () => {
    const { broadcast, private: isPrivate } = withConfig({
      private: "TRUE",
      broadcast: { ack: "False", self: true },
    });
    expect({ isPrivate, ...broadcast }).toMatchObject({ isPrivate: true, ack: false, self: true });
  });

  test.each([
    ["false", true],
    [0, true],
    [false, false],
    [null, false],
    [undefined, false],
  ])("[J12] replication_ready %j counts as %s", (value, expected) => {
    expect(withConfig({ broadcast: { replication_ready: value } }).broadcast.replicationReady).toBe(expected);
  });

  test("[J11] wrong types fall back and are named", () => {
    const config = withConfig({
      private: 1,
      broadcast: { ack: "yes", replay: "x", sequence: [], resume: { a: -1 } },
      presence: { enabled: {}, key: 5 },
      postgres_changes: [{ table: "t" }, 5],
    });
    expect(config).toMatchObject({ private: false, bindings: [], presence: { enabled: false, key: "5" } });
    expect(config.invalidFields.toSorted()).toEqual([
      "config.broadcast.ack",
      "config.broadcast.replay",
      "config.broadcast.resume",
      "config.broadcast.sequence",
      "config.postgres_changes",
      "config.presence.enabled",
      "config.private",
    ]);
  });

  test.each([[null], [[]], ["x"], [5], [undefined]])("[J13] payload %j is refused", (payload) => {
    expect(() => parseJoin(payload)).toThrow(expect.objectContaining({ code: "UnknownErrorOnChannel" }));
  });

  test.each([["x"], [[]]])("[J13] config %j and config.broadcast %j are refused", (value) => {
    for (const payload of [{ config: value }, { config: { broadcast: value } }]) {
      expect(() => parseJoin(payload)).toThrow(expect.objectContaining({ code: "UnknownErrorOnChannel" }));
    }
  });

  test.each([
    [null],
    [{ broadcast: null }],
    [{ presence: [] }],
    [{ presence: "x" }],
    [{ postgres_changes: "x" }],
    [{ postgres_changes: null }],
    [{ postgres_changes: [null] }],
  ])("[J14] config %j means absence", (config) => {
    expect(withConfig(config)).toMatchObject({ private: false, bindings: [], echoes: [], legacy: false });
  });

  test.each([
    ["", undefined],
    [null, undefined],
    [7, "7"],
    ["__proto__", "__proto__"],
  ])("[J15] presence key %j becomes %j", (key, expected) => {
    expect(withConfig({ presence: { key } }).presence.key).toBe(expected);
  });
});

describe("[J16] the token of a join", () => {
  test.each([
    [{ access_token: "a" }, "a"],
    [{ user_token: "u" }, "u"],
    [{ access_token: "a", user_token: "u" }, "u"],
    [{ access_token: "a", user_token: 5 }, "a"],
    [{ access_token: "sb_publishable_x", user_token: "u" }, undefined],
    [{ access_token: "tw_publishable_x" }, undefined],
    [{ access_token: null }, undefined],
    [{ access_token: 5 }, undefined],
    [{ access_token: "" }, ""],
    [{}, undefined],
  ])("%j is %j", (fields, expected) => {
    expect(withConfig({}, fields).accessToken).toBe(expected);
  });
});

describe("bindings of a join", () => {
  test("[J6] are echoed with their ids, in order, as they were written", () => {
    const entries = [
      { event: "insert", schema: "public", table: "t", filter: "id=eq.1", custom: 1 },
      { table: "u" },
    ];
    const { bindings, echoes } = withConfig({ postgres_changes: entries });
    expect(echoes).toEqual(entries.map((entry, index) => ({ ...entry, id: bindings[index]?.id })));
    expect(bindings.map(({ spec }) => spec)).toEqual([
      { event: "INSERT", schema: "public", table: "t", filter: "id=eq.1", select: undefined },
      { event: "*", schema: "public", table: "u", filter: undefined, select: undefined },
    ]);
  });

  test("[R5] stand or fall together, and the reply still lists them all", () => {
    const { bindings, bindingError, echoes } = withConfig({ postgres_changes: [{ table: "t" }, {}] });
    expect(bindings).toEqual([]);
    expect(echoes).toHaveLength(2);
    expect(bindingError).toMatch(/^No subscription params provided\..* subscribe to: %\{\}$/);
  });

  test.each([
    ["room1", { schema: "room1" }, { schema: "room1", table: "*" }],
    ["public:t", { schema: "public", table: "t" }, { schema: "public", table: "t" }],
    [
      "public:t:a=eq.x:y",
      { schema: "public", table: "t", filter: "a=eq.x:y" },
      { schema: "public", table: "t", filter: "a=eq.x:y" },
    ],
  ])("[J17] without config, the topic %s is the binding", (topic, echo, spec) => {
    const config = parseJoin({}, topic);
    expect(config).toMatchObject({
      legacy: true,
      echoes: [echo],
      bindings: [{ spec: { event: "*", ...spec } }],
    });
  });
});

describe("[B29] replay", () => {
  const replay = (value: unknown, isPrivate = true) =>
    wantedReplay(withConfig({ private: isPrivate, broadcast: { replay: value } }));

  test.each([
    [{ since: 5 }, { sinceMs: 5, limit: 25 }],
    [
      { since: -5, limit: 0 },
      { sinceMs: -5, limit: 1 },
    ],
    [
      { since: 5, limit: -3 },
      { sinceMs: 5, limit: 1 },
    ],
    [
      { since: 5, limit: 26 },
      { sinceMs: 5, limit: 25 },
    ],
    [
      { since: 5, limit: 7 },
      { sinceMs: 5, limit: 7 },
    ],
    [null, undefined],
    [undefined, undefined],
  ])("%j means %j", (value, expected) => {
    expect(replay(value)).toEqual(expected);
  });

  test.each([[{}], [{ since: 1.5 }], [{ since: "1" }], [{ since: 1, limit: "2" }]])(
    "%j is refused",
    (value) => {
      expect(() => replay(value)).toThrow("Replay params are not valid");
    },
  );

  test("is refused on public channels", () => {
    expect(() => replay({ since: 1 }, false)).toThrow("Replay is not allowed for public channels");
  });
});

test("[B20] resume implies positions", () => {
  const { broadcast } = withConfig({ broadcast: { resume: { "boot-1": 7 } } });
  expect(broadcast).toMatchObject({ sequence: true, resume: { "boot-1": 7 } });
});
