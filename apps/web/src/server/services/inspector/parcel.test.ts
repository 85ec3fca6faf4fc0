import type { TraceHop } from "@tidewire/protocol/cluster/tap";
import { expect, test } from "vitest";
import { ParcelBuffer } from "./parcel.ts";

const HOP: TraceHop = {
  ref: "demo",
  topic: "room",
  private: false,
  position: { origin: "b", seq: 1 },
  node: "eu-1",
  region: "eu",
  fromRegion: "eu",
  times: { accepted: 0, sequenced: 0, fannedOut: 0, written: 0 },
  recipients: 0,
  dropped: 0,
  members: [],
};

test("hops that do not fit are counted with those that nodes had no room for", () => {
  const buffer = new ParcelBuffer(200, () => 0);
  buffer.addTraces({ traces: Array.from({ length: 600 }, () => HOP), tracesDropped: 7 });
  buffer.addTraces({ traces: Array.from({ length: 600 }, () => HOP) });
  buffer.addTraces({});
  const { traces, tracesDropped } = buffer.take();
  expect([traces.length, tracesDropped]).toEqual([1_000, 207]);
  expect(buffer.take()).toMatchObject({ traces: [], tracesDropped: 0 });
});
