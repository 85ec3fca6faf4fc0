import { expect, test } from "vitest";
import type { LogEntry } from "#server/views/logs.ts";
import { append, EMPTY_LOG, ROWS_MAX, release } from "./log.ts";

const entry = (id: string, atMs: number): LogEntry => ({
  id,
  atMs,
  kind: "refusal",
  code: null,
  sentence: "",
  times: 1,
  node: null,
  topic: null,
  who: null,
});
const ids = (rows: readonly LogEntry[]) => rows.map(({ id }) => id).join(" ");
const parcel = (...entries: LogEntry[]) => ({ entries, dropped: 0 });

test("entries of several sources stand in the order of time, newest first, each once", () => {
  let log = append(EMPTY_LOG, parcel(entry("a", 1), entry("c", 3)), false);
  log = append(log, parcel(entry("b", 2), entry("c", 3)), false);
  expect(ids(log.rows)).toBe("c b a");
});

test("a held log keeps what comes until it is released", () => {
  let log = append(EMPTY_LOG, parcel(entry("a", 1)), false);
  log = append(log, parcel(entry("b", 2), entry("a", 1)), true);
  expect([ids(log.rows), ids(log.held)]).toEqual(["a", "b"]);
  expect(ids(release(log).rows)).toBe("b a");
});

test("it stays bounded, and counts what nodes could not send", () => {
  const many = Array.from({ length: ROWS_MAX + 5 }, (_, index) => entry(String(index), index));
  const log = append(EMPTY_LOG, { entries: many, dropped: 7 }, false);
  expect(log.rows).toHaveLength(ROWS_MAX);
  expect(log.rows.at(-1)?.id).toBe("5");
  expect(log.dropped).toBe(7);
});
