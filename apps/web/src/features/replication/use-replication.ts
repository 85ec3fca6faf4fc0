"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { toFeed } from "#features/live/feed.ts";
import { appendPoints, type LivePoints } from "#features/live/live-points.ts";
import { usePause } from "#features/live/pause.tsx";
import type { TimeRange } from "#lib/time-range.ts";
import { useTRPC } from "#trpc/client.tsx";
import { measuresOf } from "./stages.ts";

const HISTORY_REFRESH_MS = 15_000;

/** The stream's state now, every second, and the points seen since the page was opened. */
export function useReplication(ref: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { paused } = usePause();
  const [points, setPoints] = useState<LivePoints>({});
  const options = trpc.replication.snapshot.queryOptions({ ref });
  const query = useQuery(options);
  const live = useSubscription(
    trpc.replication.live.subscriptionOptions(
      { ref },
      {
        enabled: !paused,
        onData: (view) => {
          client.setQueryData(options.queryKey, view);
          setPoints((known) => appendPoints(known, view.askedAtMs, measuresOf(view)));
        },
      },
    ),
  );
  return { ...query, points, feed: toFeed(live, paused) };
}

export function useReplicationHistory(ref: string, range: TimeRange) {
  const trpc = useTRPC();
  const { paused } = usePause();
  return useQuery({
    ...trpc.replication.history.queryOptions({ ref, range }),
    refetchInterval: paused ? false : HISTORY_REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}
