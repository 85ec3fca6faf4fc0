"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { toFeed } from "#features/live/feed.ts";
import { usePause } from "#features/live/pause.tsx";
import { useHistoryPace } from "#features/live/use-history-pace.ts";
import { useLivePoints } from "#features/live/use-live-points.ts";
import type { TimeRange } from "#lib/time-range.ts";
import { useTRPC } from "#trpc/client.tsx";
import { measuresOf } from "./stages.ts";

/** The stream's state now, every second, and the points seen since the page was opened. */
export function useReplication(ref: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { paused } = usePause();
  const [points, addPoints] = useLivePoints(measuresOf);
  const options = trpc.replication.snapshot.queryOptions({ ref });
  const query = useQuery(options);
  const live = useSubscription(
    trpc.replication.live.subscriptionOptions(
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

export function useReplicationHistory(ref: string, range: TimeRange) {
  const trpc = useTRPC();
  const pace = useHistoryPace();
  return useQuery({ ...trpc.replication.history.queryOptions({ ref, range }), ...pace });
}
