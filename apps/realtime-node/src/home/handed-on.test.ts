import { describe, expect, test } from "vitest";
import { formatLsn, LSN_ZERO, type Lsn, parseLsn } from "../wal/lsn.ts";
import type { Relation, RowChange } from "../wal/row-change.ts";
import { HandedOn } from "./handed-on.ts";

const at = parseLsn;
const NOTES = relation(1);
const TODOS = relation(2);

function relation(oid: number): Relation {
  return { oid, schema: "public", table: `t${oid}`, identity: "default", columns: [] };
}

function changes(of: Relation, ...lsns: string[]): RowChange[] {
  const row = { type: "INSERT", relation: of, newTuple: [], oldTuple: undefined } as const;
  const rest = { commitMs: 1, xid: 1, ordinal: 0, receivedMs: 1, bytes: 1 };
  return lsns.map((lsn) => ({ ...row, ...rest, commitLsn: at(lsn) }));
}

function term() {
  const handedOn = new HandedOn();
  handedOn.beginTerm(at("0/10"));
  const oidOf = ({ oid }: Relation) => oid;
  return {
    begin: (epoch: number, unwantedLsn: Lsn = LSN_ZERO) => handedOn.begin(epoch, unwantedLsn),
    match: (of: Relation, ...lsns: string[]) => handedOn.add(changes(of, ...lsns), oidOf),
    without(of: Relation, late: { held?: number; epoch: number; unwanted?: string }) {
      const { held, epoch, unwanted = "0/0" } = late;
      const missed = handedOn.without({ tables: [of.oid], held, epoch, unwantedLsn: at(unwanted) });
      return missed && [formatLsn(missed.fromLsn), formatLsn(missed.toLsn)];
    },
  };
}

describe("[R33] who is not registered in time has missed", () => {
  test("nothing while a term or an epoch gathers", () => {
    const { begin, match, without } = term();
    expect(without(NOTES, { held: 4, epoch: 7 })).toBeNull();
    begin(7);
    match(NOTES, "0/20");
    expect(without(NOTES, { held: 7, epoch: 8, unwanted: "0/0" })).toBeNull();
  });

  test("what was matched since, of its own tables, exactly", () => {
    const { begin, match, without } = term();
    begin(7);
    match(TODOS, "0/18");
    expect(without(NOTES, { held: 4, epoch: 7 })).toBeNull();
    match(NOTES, "0/20", "0/28", "0/30");
    match(TODOS, "0/40");
    expect(without(NOTES, { held: 4, epoch: 7 })).toEqual(["0/1F", "0/31"]);
    expect(without(TODOS, { held: 4, epoch: 7 })).toEqual(["0/17", "0/41"]);
  });

  test("what nobody wanted when it came, which may have been of any table", () => {
    const { begin, match, without } = term();
    begin(7, at("0/30"));
    expect(without(NOTES, { held: 4, epoch: 7, unwanted: "0/30" })).toBeNull();
    expect(without(NOTES, { held: 4, epoch: 7, unwanted: "0/38" })).toEqual(["0/30", "0/39"]);
    match(NOTES, "0/50");
    expect(without(NOTES, { held: 4, epoch: 7, unwanted: "0/38" })).toEqual(["0/30", "0/51"]);
  });

  test("rows that nobody wanted from the first of the term on", () => {
    const { begin, without } = term();
    begin(7);
    expect(without(NOTES, { held: 4, epoch: 7, unwanted: "0/10" })).toEqual(["0/F", "0/11"]);
  });

  test("every epoch that it was not in, and none that it was in", () => {
    const { begin, match, without } = term();
    begin(7);
    match(NOTES, "0/20");
    begin(8);
    match(NOTES, "0/30");
    begin(9, at("0/38"));
    expect(without(NOTES, { held: 8, epoch: 10, unwanted: "0/38" })).toBeNull();
    expect(without(NOTES, { held: 7, epoch: 10, unwanted: "0/38" })).toEqual(["0/F", "0/39"]);
    match(NOTES, "0/40");
    expect(without(NOTES, { held: 8, epoch: 9, unwanted: "0/38" })).toEqual(["0/3F", "0/41"]);
    expect(without(NOTES, { held: undefined, epoch: 9, unwanted: "0/38" })).toEqual(["0/3F", "0/41"]);
    expect(without(NOTES, { held: 4, epoch: 9, unwanted: "0/38" })).toEqual(["0/F", "0/41"]);
  });

  test("all of an epoch in which it was forgotten", () => {
    const { begin, match, without } = term();
    begin(7);
    begin(8);
    match(NOTES, "0/20", "0/30");
    expect(without(NOTES, { held: 8, epoch: 8 })).toEqual(["0/1F", "0/31"]);
  });

  test("nothing of an earlier term", () => {
    const handedOn = new HandedOn();
    handedOn.beginTerm(at("0/10"));
    handedOn.begin(7, LSN_ZERO);
    handedOn.add(changes(NOTES, "0/20"), () => 1);
    handedOn.beginTerm(at("0/30"));
    handedOn.begin(9, LSN_ZERO);
    expect(handedOn.without({ tables: [1], held: 7, epoch: 9, unwantedLsn: LSN_ZERO })).toBeNull();
  });
});
