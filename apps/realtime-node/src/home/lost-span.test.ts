import { describe, expect, test } from "vitest";
import { LSN_ZERO, parseLsn } from "../wal/lsn.ts";
import type { Former } from "./former-terms.ts";
import { lostSince, lostSpan, type Resumption } from "./lost-span.ts";

const early = parseLsn("0/10");
const acked = parseLsn("0/50");
const late = parseLsn("0/90");
const resumption = (change: Partial<Resumption> = {}): Resumption => ({
  slot: { created: null, fromLsn: acked },
  serverLsn: late,
  divergedLsn: null,
  ...change,
});

describe("what was lost between two streams", () => {
  test("is nothing while the slot is there, wherever a crash has put it back to", () => {
    expect(lostSpan(acked, resumption())).toBeNull();
    expect(lostSpan(acked, resumption({ slot: { created: null, fromLsn: early } }))).toBeNull();
  });

  test("is everything between the last acknowledgement and the new slot", () => {
    const slot = { created: "slot-missing" as const, fromLsn: late };
    expect(lostSpan(acked, resumption({ slot }))).toEqual({
      cause: "slot-missing",
      fromLsn: acked,
      toLsn: late,
    });
  });

  test("is what has not happened, in a database that went back or on another timeline", () => {
    const rewound = { cause: "database-rewound", fromLsn: early, toLsn: acked };
    expect(lostSpan(acked, resumption({ serverLsn: early }))).toEqual(rewound);
    expect(lostSpan(acked, resumption({ divergedLsn: early }))).toEqual(rewound);
    expect(lostSpan(acked, resumption({ divergedLsn: late }))).toBeNull();
  });
});

describe("a home that has taken over", () => {
  const lost = { cause: "slot-missing" as const, fromLsn: LSN_ZERO, toLsn: late };
  const former = (said: Partial<Former>): Former => ({
    seenLsn: LSN_ZERO,
    promisedLsn: LSN_ZERO,
    aheadLsn: LSN_ZERO,
    ...said,
  });

  test("learns from the nodes where its predecessor was", () => {
    const fromAcked = { ...lost, fromLsn: acked };
    expect(lostSince(former({ seenLsn: acked }), lost, { serverLsn: late })).toEqual(fromAcked);
    const quiet = former({ seenLsn: early, promisedLsn: acked });
    expect(lostSince(quiet, lost, { serverLsn: late })).toEqual(fromAcked);
  });

  test("has lost nothing when nobody was promised anything, or all of it lies ahead", () => {
    expect(lostSince(former({}), lost, { serverLsn: late })).toBeNull();
    expect(lostSince(former({ seenLsn: late }), lost, { serverLsn: late })).toBeNull();
    expect(lostSince(former({ seenLsn: acked }), null, { serverLsn: late })).toBeNull();
  });

  test("notices that the nodes have seen more than the database knows", () => {
    const rewound = { cause: "database-rewound", fromLsn: acked, toLsn: late };
    expect(lostSince(former({ seenLsn: late }), null, { serverLsn: acked })).toEqual(rewound);
    expect(lostSince(former({ aheadLsn: late }), null, { serverLsn: acked })).toEqual(rewound);
  });
});
