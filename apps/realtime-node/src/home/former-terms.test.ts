import { describe, expect, test } from "vitest";
import { LSN_ZERO, parseLsn } from "../wal/lsn.ts";
import { FormerTerms } from "./former-terms.ts";

const at = parseLsn;
const zero = { seenLsn: LSN_ZERO, promisedLsn: LSN_ZERO, aheadLsn: LSN_ZERO };

function term(slotFromLsn: string): FormerTerms {
  const former = new FormerTerms();
  former.begin(at(slotFromLsn));
  return former;
}

function known({ seenLsn, promisedLsn, aheadLsn }: FormerTerms) {
  return { seenLsn, promisedLsn, aheadLsn };
}

describe("[R33] what nodes say of the terms before", () => {
  test("is the last that any of them has seen, and the last promise, before changes flow", () => {
    const former = term("0/50");
    former.note("n1", { seen: at("0/20"), since: at("0/10") });
    former.note("n2", { seen: at("0/30"), since: at("0/15") });
    former.note("n1", { seen: at("0/25"), since: at("0/40") });
    expect(known(former)).toEqual({ ...zero, seenLsn: at("0/30"), promisedLsn: at("0/40") });
  });

  test("is not what they have seen of this term: who registers twice, or is late", () => {
    const former = term("0/50");
    former.note("n1", { seen: at("0/20") });
    former.flow();
    former.note("n1", { seen: at("0/90"), since: at("0/60") });
    expect(known(former)).toEqual({ ...zero, seenLsn: at("0/20") });
  });

  test("is also what a node says first that comes when changes flow, and what its channels were promised", () => {
    const former = term("0/50");
    former.flow();
    former.note("late", { seen: at("0/30"), since: at("0/10") });
    former.note("late", { seen: at("0/90"), since: at("0/20") });
    expect(known(former)).toEqual({ ...zero, seenLsn: at("0/30"), promisedLsn: at("0/20") });
  });

  test("is no promise that lies ahead of the slot, unless it lies ahead of the database too", () => {
    const former = term("0/50");
    former.note("n1", { since: at("0/60") });
    former.compare(at("0/60"), at("0/70"));
    expect(known(former)).toEqual(zero);
    former.compare(at("0/90"), at("0/70"));
    expect(known(former)).toEqual({ ...zero, aheadLsn: at("0/90") });
  });

  test("is forgotten with the next term", () => {
    const former = term("0/50");
    former.note("n1", { seen: at("0/20"), since: at("0/10") });
    former.compare(at("0/90"), at("0/70"));
    former.flow();
    former.begin(at("0/80"));
    expect(known(former)).toEqual(zero);
    former.note("n1", { seen: at("0/70") });
    former.note("n1", { seen: at("0/75") });
    expect(former.seenLsn).toBe(at("0/75"));
  });
});
