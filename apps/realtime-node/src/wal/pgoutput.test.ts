import { describe, expect, test } from "vitest";
import { parseLsn } from "./lsn.ts";
import { MalformedWal, PgoutputDecoder } from "./pgoutput.ts";

/** Captured from Postgres 18: `create table t (id int primary key, note text)`, one statement per transaction. */
const BEGIN = "4200000000017765c0000303ccf51d6054000002f2";
const RELATION = "52000040007075626c69630074006400020169640000000017ffffffff006e6f74650000000019ffffffff";
const INSERT = "49000040004e00027400000001317400000003c3a962";
const UPDATE = "55000040004b00027400000001316e4e0002740000000132740000000178";
const UPDATE_UNCHANGED = "55000040004e000274000000013375";
const DELETE = "44000040004b00027400000001326e";
const COMMIT = "430000000000017765c000000000017765f0000303ccf51d6054";
const TRUNCATE = "54000000010000004000";
const MESSAGE = "4d00000000000177824874696465776972650000000003616263";

const bytes = (hex: string) => Buffer.from(hex, "hex");

function decoder(isWanted = true): PgoutputDecoder {
  const made = new PgoutputDecoder(() => isWanted);
  made.decode(bytes(RELATION));
  return made;
}

describe("decoding pgoutput", () => {
  test("a begin says the position and time of its commit", () => {
    const message = decoder().decode(bytes(BEGIN));
    expect(message).toMatchObject({ kind: "begin", commitLsn: parseLsn("0/17765C0"), xid: 754 });
  });

  test("a table is described with its key and types", () => {
    expect(new PgoutputDecoder().decode(bytes(RELATION))).toEqual({
      kind: "relation",
      relation: {
        oid: 16384,
        schema: "public",
        table: "t",
        identity: "default",
        columns: [
          { name: "id", typeOid: 23, isKey: true },
          { name: "note", typeOid: 25, isKey: false },
        ],
      },
    });
  });

  test("values are text, beyond ASCII too", () => {
    expect(decoder().decode(bytes(INSERT))).toMatchObject({ kind: "insert", newTuple: ["1", "éb"] });
  });

  test("an update of the key has the old key, and what is outside the key is unknown, not NULL", () => {
    expect(decoder().decode(bytes(UPDATE))).toMatchObject({
      oldTuple: ["1", undefined],
      newTuple: ["2", "x"],
    });
  });

  test("an unchanged TOAST value is undefined", () => {
    expect(decoder().decode(bytes(UPDATE_UNCHANGED))).toMatchObject({
      newTuple: ["3", undefined],
      oldTuple: undefined,
    });
  });

  test("a delete has the old key only", () => {
    expect(decoder().decode(bytes(DELETE))).toMatchObject({ kind: "delete", oldTuple: ["2", undefined] });
  });

  test("a commit says where it ends", () => {
    expect(decoder().decode(bytes(COMMIT))).toMatchObject({ endLsn: parseLsn("0/17765F0") });
  });

  test("a truncate names its tables", () => {
    expect(decoder().decode(bytes(TRUNCATE))).toMatchObject({ relations: [{ table: "t" }] });
  });

  test("a message's content survives the reuse of its buffer", () => {
    const buffer = bytes(MESSAGE);
    const message = decoder().decode(buffer);
    buffer.fill(0);
    expect(message).toMatchObject({ kind: "message", prefix: "tidewire", transactional: false });
    expect(message.kind === "message" && message.content.toString()).toBe("abc");
  });

  test("rows of a table nobody wants are not read", () => {
    expect(decoder(false).decode(bytes(INSERT))).toEqual({ kind: "unwanted" });
  });

  test.each([
    ["an unknown type", "58"],
    ["a row of an unknown table", "49000000014e0000"],
    ["a row cut short", INSERT.slice(0, -2)],
    ["an empty message", ""],
  ])("%s is an error, never a guess", (_, hex) => {
    expect(() => decoder().decode(bytes(hex))).toThrow(MalformedWal);
  });
});
