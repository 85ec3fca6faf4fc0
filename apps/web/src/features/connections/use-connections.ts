"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { toFeed } from "#features/live/feed.ts";
import { usePause } from "#features/live/pause.tsx";
import { useTRPC } from "#trpc/client.tsx";

/** Every open connection of a project, from all its nodes. */
export function useConnections(ref: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { paused } = usePause();
  const options = trpc.connections.list.queryOptions({ ref });
  const query = useQuery(options);
  const live = useSubscription(
    trpc.connections.live.subscriptionOptions(
      { ref },
      { enabled: !paused, onData: (view) => client.setQueryData(options.queryKey, view) },
    ),
  );
  return { ...query, feed: toFeed(live, paused) };
}
