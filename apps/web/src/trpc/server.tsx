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
export const api = createTRPCOptionsProxy({ ctx: getContext, router: appRouter, queryClient: getQueryClient });

/** Calls procedures directly in server components; answers do not reach the browser's cache. */
export async function getCaller() {
  return createCaller(await getContext());
}

/** Starts a query whose answer streams to the browser; a failure shows up where the query is used. */
export function prefetch(options: ReturnType<TRPCQueryOptions<never>>): void {
  void getQueryClient().prefetchQuery(options as Parameters<ReturnType<typeof getQueryClient>["prefetchQuery"]>[0]);
}

/** Hands prefetched answers to the client components below. */
export function HydrateClient({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>;
}
