import { expect, test } from "vitest";
import { Refusal } from "../errors.ts";
import * as system from "./system.ts";

test("[R6] the subscription's message is word for word Supabase's, with the position added", () => {
  expect(system.subscribed("db")).toEqual({
    extension: "postgres_changes",
    status: "ok",
    message: "Subscribed to PostgreSQL",
    channel: "db",
  });
  expect(system.subscribed("db", "0/16B3748")).toMatchObject({ lsn: "0/16B3748" });
});

test("[R27] a lost database is announced with since and lsn, its return with the range", () => {
  expect(system.databaseLost("db", { reason: "connection refused", sinceMs: 0, lsn: "0/1" })).toEqual({
    extension: "postgres_changes",
    status: "error",
    message: "DatabaseUnavailable: connection refused",
    channel: "db",
    since: "1970-01-01T00:00:00.000Z",
    lsn: "0/1",
  });
  const range = { fromLsn: "0/1", toLsn: "0/9" };
  expect(system.databaseRecovered("db", { ...range, complete: true })).toEqual({
    extension: "postgres_changes",
    status: "ok",
    message: "Recovered",
    channel: "db",
    from_lsn: "0/1",
    to_lsn: "0/9",
    complete: true,
  });
  expect(system.databaseRecovered("db", { ...range, complete: false })).toMatchObject({
    status: "error",
    message: "ReplicationGap: changes between 0/1 and 0/9 were lost",
    complete: false,
  });
});

test("[R28] rows that were skipped are counted in an error of the channel, which lives", () => {
  expect(system.rowsSkipped("room", 3)).toMatchObject({
    extension: "postgres_changes",
    status: "error",
    message: "RowsSkipped: 3 rows were skipped",
    channel: "room",
    skipped: 3,
  });
});

test("[B20] a resume ends with recovered and the number replayed", () => {
  expect(system.resumed("a", { replayed: 3 })).toMatchObject({
    message: "Recovered",
    recovered: true,
    replayed: 3,
  });
  expect(system.resumed("a", { replayed: 1, missing: "2 messages of boot-1" })).toMatchObject({
    status: "error",
    message: "RecoveryIncomplete: 2 messages of boot-1",
    recovered: false,
    replayed: 1,
  });
});

test("[B17] a refused send names its code", () => {
  expect(system.broadcastRefused("a", new Refusal("MessagePerSecondRateLimitReached"))).toEqual({
    extension: "broadcast",
    status: "error",
    message: "MessagePerSecondRateLimitReached: Too many messages per second",
    channel: "a",
  });
});

test("[J26] what precedes a close is the bare sentence that clients know", () => {
  const texts = (["ClientPresenceRateLimitReached", "TrackMessageSizeExceeded", "TokenExpired"] as const).map(
    (code) => system.closing("a", new Refusal(code)).message,
  );
  expect(texts).toEqual([
    "Client presence rate limit exceeded",
    "Track message size exceeded",
    "Token has expired",
  ]);
});

test("[C26] a requested disconnect has no channel", () => {
  expect(system.serverRequestedDisconnect()).toEqual({
    extension: "system",
    status: "ok",
    message: "Server requested disconnect",
  });
});
