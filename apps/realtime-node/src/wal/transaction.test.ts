import { expect, test } from "vitest";
import { LSN_ZERO, parseLsn } from "./lsn.ts";
import { MalformedWal, type WalMessage } from "./pgoutput.ts";
import type { Relation } from "./row-change.ts";
import { TransactionAssembler } from "./transaction.ts";

const relation: Relation = { oid: 1, schema: "public", table: "t", identity: "default", columns: [] };
const begin: WalMessage = { kind: "begin", commitLsn: parseLsn("0/20"), commitMs: 5, xid: 1 };
const insert: WalMessage = { kind: "insert", relation, newTuple: ["1"] };
const commit: WalMessage = {
  kind: "commit",
  commitLsn: parseLsn("0/20"),
  endLsn: parseLsn("0/30"),
  commitMs: 5,
};
const arrival = [9, 10] as const;

test("rows carry their commit before it has arrived, and count from 0 in each transaction", () => {
  const assembler = new TransactionAssembler();
  const push = (message: WalMessage) => assembler.push(message, ...arrival);
  expect(push(begin)).toBeNull();
  expect(push(insert)).toMatchObject({
    change: { type: "INSERT", commitLsn: 0x20n, commitMs: 5, ordinal: 0 },
  });
  expect(push({ kind: "unwanted" })).toBeNull();
  expect(push(insert)).toMatchObject({ change: { ordinal: 2 } });
  expect(assembler.isOpen).toBe(true);
  expect(push(commit)).toEqual({ kind: "commit", commitLsn: 0x20n, endLsn: 0x30n });
  expect(assembler.isOpen).toBe(false);
  push(begin);
  expect(push(insert)).toMatchObject({ change: { ordinal: 0 } });
});

test("a row outside a transaction is an error", () => {
  expect(() => new TransactionAssembler().push(insert, ...arrival)).toThrow(MalformedWal);
});

test("a message outside a transaction opens none", () => {
  const assembler = new TransactionAssembler();
  const content = Buffer.from("x");
  assembler.push({ kind: "message", lsn: LSN_ZERO, transactional: false, prefix: "p", content }, ...arrival);
  expect(assembler.isOpen).toBe(false);
});
