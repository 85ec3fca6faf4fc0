import "server-only";

import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { createTRPCOptionsProxy, type TRPCQueryOptions } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { createContext } from "#server/create-context.ts";
import { appRouter, createCaller } from "#server/root.ts";
import { createQueryClient } from "./query-client.ts";

const getQueryClient = cache(createQueryClient);
const getContext = cache(async () => createContext(await headers()));

/** For prefetching in pages: `prefetch(api.projects.list.queryOptions())`. */
export const api = createTRPCOptionsProxy({
  ctx: getContext,
  router: appRouter,
  queryClient: getQueryClient,
});

/** Calls procedures directly in server components; answers do not reach the browser's cache. */
export async function getCaller() {
  return createCaller(await getContext());
}

/**
 * Asks a query for the page below. Await it: an answer that came between the server's rendering and the browser's would
 * make the two differ. It never rejects; a failure shows up where the query is used.
 */
export async function prefetch(options: ReturnType<TRPCQueryOptions<never>>): Promise<void> {
  await getQueryClient().prefetchQuery(
    options as Parameters<ReturnType<typeof getQueryClient>["prefetchQuery"]>[0],
  );
}

/** Hands prefetched answers to the client components below. */
export function HydrateClient({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>;
}
