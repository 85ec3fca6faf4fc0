import { QueryClient } from "@tanstack/react-query";
import superjson from "superjson";

/** Prefetched answers are a moment old at most; without this every hydrated query is asked again at once. */
const STALE_MS = 5_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: STALE_MS, retry: 1 },
      // Only what has been answered: pages await their queries, and one that is still on its way would reach the browser
      // as a promise, rendered there as loading while the server has rendered it with data.
      dehydrate: { serializeData: superjson.serialize },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}
