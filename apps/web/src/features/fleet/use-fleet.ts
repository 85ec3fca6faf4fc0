"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { toFeed } from "#features/live/feed.ts";
import { usePause } from "#features/live/pause.tsx";
import { useTRPC } from "#trpc/client.tsx";
import { type Peaks, trackPeaks } from "./drain-progress.ts";

/** Regions and nodes, following the present. */
export function useFleet() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { paused } = usePause();
  const [peaks, setPeaks] = useState<Peaks>(new Map());
  const options = trpc.fleet.snapshot.queryOptions();
  const query = useQuery(options);
  const live = useSubscription(
    trpc.fleet.live.subscriptionOptions(undefined, {
      enabled: !paused,
      onData: (view) => {
        client.setQueryData(options.queryKey, view);
        setPeaks((known) =>
          trackPeaks(
            known,
            view.regions.flatMap(({ nodes }) => nodes),
          ),
        );
      },
    }),
  );
  return { ...query, peaks, feed: toFeed(live, paused) };
}
