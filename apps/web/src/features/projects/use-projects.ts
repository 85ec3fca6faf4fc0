"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { toFeed } from "#features/live/feed.ts";
import { usePause } from "#features/live/pause.tsx";
import { useTRPC } from "#trpc/client.tsx";

/** All projects of the organisation, following the present. */
export function useProjects() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { paused } = usePause();
  const options = trpc.projects.list.queryOptions();
  const query = useQuery(options);
  const live = useSubscription(
    trpc.projects.live.subscriptionOptions(undefined, {
      enabled: !paused,
      onData: (view) => client.setQueryData(options.queryKey, view),
    }),
  );
  return { ...query, feed: toFeed(live, paused) };
}
