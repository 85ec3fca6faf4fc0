import type { RealtimeClient } from "@supabase/realtime-js";

/** A diagnosis is read by a person who waits. */
const ROUTE_MS_MAX = 2_000;

/** What `GET /realtime/v1/route` says of this client: its region, its node, and what else there is. */
export type Route = Record<string, unknown>;

/** What is needed of the client to ask its server over HTTP. */
export type RouteAsker = Pick<RealtimeClient, "httpEndpoint" | "fetch" | "apiKey">;

/** @throws the error of `fetch` when there is no answer in time */
export function requestRoute(
  { httpEndpoint, fetch, apiKey }: RouteAsker,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(httpEndpoint.replace(/\/api\/broadcast$/, "/route"), {
    ...init,
    headers: { apikey: apiKey ?? "", "content-type": "application/json" },
    signal: AbortSignal.timeout(ROUTE_MS_MAX),
  });
}

/** Null when the server does not know the question, or does not answer. */
export async function fetchRoute(asker: RouteAsker): Promise<Route | null> {
  try {
    const answer = await requestRoute(asker);
    return answer.ok ? ((await answer.json()) as Route) : null;
  } catch {
    return null;
  }
}
