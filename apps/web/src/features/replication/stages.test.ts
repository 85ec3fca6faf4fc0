import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { expect, test } from "vitest";
import type { ReplicationView } from "#server/views/replication.ts";
import { measuresOf, stageSeries } from "./stages.ts";

const view = (home: Partial<ReplicationSnapshot> | null) => ({ home }) as ReplicationView;
const none = { p50: 0, p95: 0, p99: 0, count: 0 };

test("percentiles of nothing are no measurement", () => {
  const measures = measuresOf(
    view({ lagMs: 4, total: none, stages: { decode: { p50: 1, p95: 2, p99: 3, count: 9 }, match: none } }),
  );
  expect(measures).toEqual({ lagMs: 4, "stage.decode.p50": 1, "stage.decode.p95": 2, "stage.decode.p99": 3 });
});

test("without a home nothing is measured", () => expect(measuresOf(view(null))).toEqual({}));

test("layers lie in the order of passage, from the commit to the socket", () => {
  const series = stageSeries("p99", {
    history: { "stage.match.p99": [[1, 2]] },
    live: { "stage.match.p99": [[5, 3]] },
    fromMs: 0,
  });
  expect(series.map(({ id }) => id)).toEqual(["receive", "decode", "match", "authorize", "fanOut", "socket"]);
  expect(series[2]?.points).toEqual([
    [1, 2],
    [5, 3],
  ]);
});
