"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { toFeed } from "#features/live/feed.ts";
import { usePause } from "#features/live/pause.tsx";
import { useHistoryPace } from "#features/live/use-history-pace.ts";
import { useLivePoints } from "#features/live/use-live-points.ts";
import type { TimeRange } from "#lib/time-range.ts";
import type { Overview } from "#server/views/overview.ts";
import { useTRPC } from "#trpc/client.tsx";

/** The project's state now, every second, and the points seen since the page was opened. */
export function useOverview(ref: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { paused } = usePause();
  const [points, addPoints] = useLivePoints(measuresOf);
  const options = trpc.overview.byRef.queryOptions({ ref });
  const query = useQuery(options);
  const live = useSubscription(
    trpc.overview.live.subscriptionOptions(
      { ref },
      {
        enabled: !paused,
        onData: (view) => {
          client.setQueryData(options.queryKey, view);
          addPoints(view);
        },
      },
    ),
  );
  return { ...query, points, feed: toFeed(live, paused) };
}

/** What was measured over a range, refreshed as samples are written. */
export function useHistory(ref: string, range: TimeRange) {
  const trpc = useTRPC();
  const pace = useHistoryPace();
  return useQuery({ ...trpc.overview.history.queryOptions({ ref, range }), ...pace });
}

function measuresOf({
  totals,
  rates,
  replication,
  answered,
}: Overview): Record<string, number | null | undefined> {
  // Nobody answered: the sums are zero because nothing is known, not because nothing happens.
  if (answered.length === 0) return {};
  return {
    ...rates,
    connections: totals.connections,
    channels: totals.channels,
    lagMs: replication?.lagMs,
    "stage.total.p99": replication?.lagP99Ms,
    poolInUse: replication?.pool.inUse,
  };
}
