import type { Beat } from "@tidewire/protocol/cluster/beat";
import { expect, test } from "vitest";
import { clockLagMs, excuse, heard, PEER_LIMITS, type Peers, sweep } from "./peers.ts";

const beat = (over: Partial<Beat> = {}): Beat => ({
  node: "n2",
  boot: "b1",
  region: "eu",
  atMs: 0,
  state: "ready",
  ...over,
});
const WALL_MS = 0;
const NONE: Peers = new Map();
const summary = (events: { peer: { boot: string }; from: string | null; to: string }[]) =>
  events.map(({ peer, from, to }) => `${peer.boot}: ${from} -> ${to}`);

test("[P4] silence makes a peer suspect after 2 s and down after 4 s", () => {
  let { peers, events } = heard(NONE, beat(), 0, WALL_MS);
  expect(summary(events)).toEqual(["b1: null -> healthy"]);
  ({ peers, events } = sweep(peers, 1_999, PEER_LIMITS));
  expect(events).toEqual([]);
  ({ peers, events } = sweep(peers, 2_000, PEER_LIMITS));
  expect(summary(events)).toEqual(["b1: healthy -> suspect"]);
  ({ peers, events } = sweep(peers, 4_000, PEER_LIMITS));
  expect(summary(events)).toEqual(["b1: suspect -> down"]);
  ({ peers, events } = sweep(peers, 10_000, PEER_LIMITS));
  expect(events).toEqual([]);
});

test("a beat brings a suspect back, and one that was down too", () => {
  const { peers } = sweep(heard(NONE, beat(), 0, WALL_MS).peers, 2_500, PEER_LIMITS);
  expect(summary(heard(peers, beat(), 2_600, WALL_MS).events)).toEqual(["b1: suspect -> healthy"]);
  const dead = sweep(peers, 9_000, PEER_LIMITS).peers;
  expect(summary(heard(dead, beat(), 9_100, WALL_MS).events)).toEqual(["b1: down -> healthy"]);
});

test("[P4] a new life of a node ends the old one at once, and the old one cannot come back", () => {
  const first = heard(NONE, beat({ boot: "b1" }), 0, WALL_MS).peers;
  const second = heard(first, beat({ boot: "b2" }), 100, WALL_MS);
  expect(summary(second.events)).toEqual(["b1: healthy -> down", "b2: null -> healthy"]);
  expect(heard(second.peers, beat({ boot: "b1" }), 200, WALL_MS)).toEqual({
    peers: second.peers,
    events: [],
  });
});

test("a node that says goodbye is down without waiting", () => {
  const { peers } = heard(NONE, beat(), 0, WALL_MS);
  const draining = heard(peers, beat({ state: "draining" }), 100, WALL_MS);
  expect(summary(draining.events)).toEqual(["b1: healthy -> draining"]);
  expect(summary(heard(draining.peers, beat({ state: "gone" }), 200, WALL_MS).events)).toEqual([
    "b1: draining -> down",
  ]);
  expect(heard(NONE, beat({ state: "gone" }), 0, WALL_MS).events).toEqual([]);
});

test("a stall of this process is not held against its peers", () => {
  const { peers } = heard(NONE, beat(), 0, WALL_MS);
  expect(sweep(excuse(peers, 30_000), 30_500, PEER_LIMITS).events).toEqual([]);
});

test("the dead are forgotten after a minute", () => {
  let { peers } = heard(NONE, beat(), 0, WALL_MS);
  peers = sweep(peers, 5_000, PEER_LIMITS).peers;
  expect(peers.size).toBe(1);
  expect(sweep(peers, 60_001, PEER_LIMITS).peers.size).toBe(0);
});

test("the quickest of its last beats says how far a peer's clock is behind at most", () => {
  let peers = NONE;
  const hear = (wallMs: number, atMs: number) => {
    ({ peers } = heard(peers, beat({ atMs }), wallMs, wallMs));
    const peer = peers.get("b1");
    return peer && clockLagMs(peer);
  };
  expect(hear(10_300, 10_000)).toBe(300);
  expect(hear(11_005, 11_000)).toBe(5);
  expect(hear(12_200, 12_000)).toBe(5);
  // Its clock was put back by half a minute.
  for (let second = 13; second < 20; second++) hear(second * 1_000, second * 1_000 - 30_000);
  expect(hear(20_000, -10_000)).toBe(30_000);
});
