import { QueryClient } from "@tanstack/react-query";
import { TRPCClientError } from "@trpc/client";
import superjson from "superjson";

/** Prefetched answers are a moment old at most; without this every hydrated query is asked again at once. */
const STALE_MS = 5_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: STALE_MS, retry: (failures, error) => failures === 0 && mayPass(error) },
      // Only what has been answered: pages await their queries, and one that is still on its way would reach the browser
      // as a promise, rendered there as loading while the server has rendered it with data.
      dehydrate: { serializeData: superjson.serialize },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}

/** An outage may be over in a second; a refusal is an answer. On the server the page would wait for the second try. */
function mayPass(error: unknown): boolean {
  if (typeof window === "undefined") return false;
  const data: unknown = error instanceof TRPCClientError ? error.data : null;
  const status = typeof data === "object" && data !== null && "httpStatus" in data ? data.httpStatus : null;
  return typeof status !== "number" || status >= 500;
}
