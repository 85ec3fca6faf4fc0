"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { toFeed } from "#features/live/feed.ts";
import { usePause } from "#features/live/pause.tsx";
import { useTRPC } from "#trpc/client.tsx";

/** Topics, members and departures; the members of one topic only when it is named. */
export function usePresence(ref: string, topic: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { paused } = usePause();
  const input = topic === "" ? { ref } : { ref, topic };
  const options = trpc.presence.snapshot.queryOptions(input);
  const query = useQuery({ ...options, placeholderData: keepPreviousData });
  const live = useSubscription(
    trpc.presence.live.subscriptionOptions(input, {
      enabled: !paused,
      onData: (view) => client.setQueryData(options.queryKey, view),
    }),
  );
  return { ...query, feed: toFeed(live, paused) };
}
