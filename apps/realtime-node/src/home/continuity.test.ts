import { describe, expect, test } from "vitest";
import { LSN_ZERO, parseLsn } from "../wal/lsn.ts";
import type { SlotStart } from "../wal/slot.ts";
import type { Claim } from "./claim.ts";
import { Continuity } from "./continuity.ts";
import type { Former } from "./former-terms.ts";

const at = parseLsn;

function claim(fromLsn: string, serverLsn: string, created: SlotStart["created"] = null): Claim {
  return {
    epoch: 1,
    slot: { created, fromLsn: at(fromLsn) },
    serverLsn: at(serverLsn),
    serverVersion: 180_000,
    history: { systemId: "1", timeline: 1 },
    divergedLsn: null,
    publications: [],
  };
}

const former = (seen = "0/0"): Former => ({ seenLsn: at(seen), promisedLsn: LSN_ZERO, aheadLsn: LSN_ZERO });

describe("one project's changes across its streams", () => {
  test("the first stream is a take-over; the second goes on, also from a slot that a crash has put back", () => {
    const changes = new Continuity("r");
    expect(changes.resume(claim("0/10", "0/20"))).toBe(false);
    changes.handedOn(at("0/30"));
    expect(changes.resume(claim("0/15", "0/40"))).toBe(true);
  });

  test("somebody else was home: a new term, and the end of whatever that one had announced", () => {
    const changes = new Continuity("r");
    changes.resume(claim("0/10", "0/20"));
    changes.caughtUp(1, former());
    expect(changes.resume(claim("0/50", "0/60"))).toBe(false);
    expect(changes.caughtUp(2, former("0/50"))).toEqual({
      notice: { kind: "database-recovered", ref: "r", fromLsn: "0/50", toLsn: "0/60", complete: true },
      lost: null,
    });
    expect(changes.caughtUp(3, former())).toEqual({ notice: null, lost: null });
  });

  test("[R27] a slot that is gone: exactly what lies between the last hand-over and the new one", () => {
    const changes = new Continuity("r");
    changes.resume(claim("0/10", "0/20"));
    changes.handedOn(at("0/30"));
    changes.outages.begin("gone", { lsn: at("0/30"), nowMs: 1 });
    expect(changes.resume(claim("0/45", "0/50", "slot-over-limit"))).toBe(false);
    expect(changes.caughtUp(2, former())).toEqual({
      notice: { kind: "database-recovered", ref: "r", fromLsn: "0/30", toLsn: "0/45", complete: false },
      lost: { cause: "slot-over-limit", fromLsn: at("0/30"), toLsn: at("0/45") },
    });
  });

  test("[R27] a slot that the home before had: the nodes say where it was; for a new project nothing is lost", () => {
    const after = new Continuity("r");
    after.resume(claim("0/45", "0/50", "slot-missing"));
    expect(after.caughtUp(2, former("0/30"))).toMatchObject({
      notice: { fromLsn: "0/30", toLsn: "0/45", complete: false },
      lost: { cause: "slot-missing" },
    });
    const fresh = new Continuity("r");
    fresh.resume(claim("0/45", "0/50", "slot-missing"));
    expect(fresh.caughtUp(2, former())).toMatchObject({ notice: { complete: true }, lost: null });
  });

  test("[R27] a database that went back to the past: a new term from there", () => {
    const changes = new Continuity("r");
    changes.resume(claim("0/10", "0/20"));
    changes.handedOn(at("0/90"));
    expect(changes.resume(claim("0/15", "0/30"))).toBe(false);
    expect(changes.caughtUp(2, former("0/90")).lost).toEqual({
      cause: "database-rewound",
      fromLsn: at("0/30"),
      toLsn: at("0/90"),
    });
  });

  test("a slot that was moved past what cannot be read", () => {
    const changes = new Continuity("r");
    changes.resume(claim("0/10", "0/20"));
    changes.caughtUp(1, former());
    changes.outages.begin("stuck", { lsn: at("0/10"), nowMs: 1 });
    changes.skip(at("0/28"));
    expect(changes.resume(claim("0/28", "0/30"))).toBe(true);
    expect(changes.caughtUp(2, former()).notice).toMatchObject({
      fromLsn: "0/10",
      toLsn: "0/28",
      complete: false,
    });
  });
});
