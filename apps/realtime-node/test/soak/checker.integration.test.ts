import { expect, test } from "vitest";
import { check, type Rule } from "./checker.ts";
import { emptyRecord, type SoakRecord, type Stay } from "./record.ts";
import { createSchedule } from "./schedule.ts";

const STAY: Stay = {
  client: "reader",
  room: "room",
  resumes: true,
  joinedAtMs: 0,
  heard: [],
  gaps: [],
  awayMs: [],
};

/** Ten messages of one publisher, all heard; then what the test does to it. */
function record(change: (record: SoakRecord, stay: Stay) => void = () => undefined): SoakRecord {
  const stay = structuredClone(STAY);
  const whole = emptyRecord();
  for (let n = 1; n <= 10; n++) {
    const atMs = 10_000 + n * 100;
    const place = { origin: "a", seq: n };
    whole.publications.push({
      room: "room",
      publisher: "p",
      n,
      sentAtMs: atMs,
      ackedAtMs: atMs + 5,
      ...place,
    });
    stay.heard.push({ publisher: "p", n, atMs: atMs + 10, ...place });
  }
  whole.stays.push(stay);
  change(whole, stay);
  return whole;
}

const rulesOf = (record: SoakRecord): Rule[] => check(record).findings.map(({ rule }) => rule);

test("a whole record has no findings, and what was checked is counted", () => {
  expect(check(record())).toEqual({
    findings: [],
    counts: { expected: 10, heard: 10, announced: 0, unheld: 0, samples: 0, inversions: 0 },
  });
});

test.each<[string, Rule[], (record: SoakRecord, stay: Stay) => void]>([
  ["a message lost", ["loss"], (_, stay) => void stay.heard.splice(4, 1)],
  ["a message twice", ["duplicate"], (_, { heard }) => void heard.push(...heard.slice(-1))],
  [
    "two messages crossed",
    ["order"],
    (_, { heard }) => void heard.splice(3, 2, ...heard.slice(3, 5).reverse()),
  ],
  [
    "two messages of one origin crossed while regions were apart",
    ["order"],
    ({ disturbances }, { heard }) => {
      heard.splice(3, 2, ...heard.slice(3, 5).reverse());
      disturbances.push({ kind: "cut", fromMs: 0, toMs: 60_000 });
    },
  ],
  [
    "a loss beside the announced gap",
    ["loss"],
    (_, stay) => {
      stay.heard.splice(4, 2);
      stay.gaps.push({ atMs: 10_600, origin: "a", fromSeq: 5, toSeq: 5 });
    },
  ],
  [
    "a loss that a gap of another origin does not cover",
    ["loss"],
    (_, stay) => {
      stay.heard.splice(4, 1);
      stay.gaps.push({ atMs: 10_600, origin: "b", fromSeq: 1, toSeq: 9 });
    },
  ],
  [
    "a loss that was sent after the gap was told",
    ["loss"],
    (_, stay) => {
      stay.heard.splice(4, 1);
      stay.awayMs.push({ fromMs: 10_100, toMs: 10_200 });
      stay.gaps.push({ atMs: 10_201 });
    },
  ],
  [
    "a member shown long after it went",
    ["ghost"],
    ({ spans, samples }) => {
      spans.push({ room: "room", key: "k", fromMs: 0, toMs: 1_000 });
      samples.push({ atMs: 15_000, observer: "reader", room: "room", keys: ["k"] });
    },
  ],
  [
    "a member that was never there",
    ["ghost"],
    ({ samples }) => void samples.push({ atMs: 1, observer: "reader", room: "room", keys: ["k"] }),
  ],
  [
    "a member not shown",
    ["absent"],
    ({ spans, samples }) => {
      spans.push({ room: "room", key: "k", fromMs: 0 });
      samples.push({ atMs: 15_000, observer: "reader", room: "room", keys: [] });
    },
  ],
])("%s is found", (_, rules, change) => {
  expect(rulesOf(record(change))).toEqual(rules);
});

test.each<[string, (record: SoakRecord, stay: Stay) => void]>([
  [
    "nobody answered for it",
    ({ publications }, { heard }) => {
      heard.splice(4, 1);
      delete publications[4]?.ackedAtMs;
    },
  ],
  [
    "the receiver had left",
    (_, stay) => {
      stay.heard.length = 5;
      stay.leftAtMs = 10_600;
    },
  ],
  [
    "the receiver had lost its connection and left before it was back",
    (_, stay) => {
      stay.heard.length = 5;
      stay.awayMs.push({ fromMs: 10_600 });
      stay.leftAtMs = 60_000;
    },
  ],
  [
    "the gap was announced",
    (_, stay) => {
      stay.heard.splice(4, 1);
      stay.gaps.push({ atMs: 10_600, origin: "a", fromSeq: 5, toSeq: 5 });
    },
  ],
  [
    "every node that had it was killed while regions were apart",
    ({ publications }, { heard }) => {
      heard.splice(4, 1);
      Object.assign(publications[4] ?? {}, { unheld: true });
    },
  ],
  [
    "the history had ended while it was away, which was announced",
    (_, stay) => {
      stay.heard.splice(4, 2);
      stay.awayMs.push({ fromMs: 10_450, toMs: 10_700 });
      stay.gaps.push({ atMs: 10_701 });
    },
  ],
  [
    "its node was unreachable, so the member was not shown",
    ({ disturbances, spans, samples }) => {
      disturbances.push({ kind: "cut", fromMs: 12_000, toMs: 14_000 });
      spans.push({ room: "room", key: "k", fromMs: 0 });
      samples.push({ atMs: 15_000, observer: "reader", room: "room", keys: [] });
    },
  ],
  [
    "the observer has just joined",
    ({ spans, samples }) => {
      spans.push({ room: "room", key: "k", fromMs: 0 }, { room: "room", key: "reader", fromMs: 14_000 });
      samples.push({ atMs: 15_000, observer: "reader", room: "room", keys: ["reader"] });
    },
  ],
  [
    "the publisher had moved between regions that were apart",
    ({ disturbances }, { heard }) => {
      heard.splice(3, 2, ...heard.slice(3, 5).reverse());
      Object.assign(heard[4] ?? {}, { origin: "b", seq: 1 });
      disturbances.push({ kind: "cut", fromMs: 0, toMs: 60_000 });
    },
  ],
])("nothing is found when %s", (_, change) => {
  expect(rulesOf(record(change))).toEqual([]);
});

test("a seed gives one schedule: always a node of each region up, everything whole at the end", () => {
  const plan = {
    durationMs: 300_000,
    regions: ["eu", "us", "ap"],
    nodes: ["eu", "eu", "us", "us", "ap", "ap"],
  };
  expect(createSchedule({ seed: 1, ...plan })).toEqual(createSchedule({ seed: 1, ...plan }));
  for (let seed = 0; seed < 50; seed++) {
    const up = plan.nodes.map(() => true);
    let cuts = 0;
    for (const { fault } of createSchedule({ seed, ...plan })) {
      if (fault.kind === "cut") cuts++;
      else if (fault.kind === "mend") cuts--;
      else up[fault.node] = fault.kind === "start";
      expect(cuts).toBeLessThanOrEqual(1);
      for (const region of plan.regions) {
        expect(up.some((isUp, node) => isUp && plan.nodes[node] === region)).toBe(true);
      }
    }
    expect([cuts, ...up]).toEqual([0, ...up.map(() => true)]);
  }
});
