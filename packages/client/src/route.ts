import type { RealtimeClient } from "@supabase/realtime-js";

/** A diagnosis is read by a person who waits. */
const ROUTE_MS_MAX = 2_000;

/** What `GET /realtime/v1/route` says of this client: its region, its node, and what else there is. */
export type Route = Record<string, unknown>;

/** Null when the server does not know the question, or does not answer. */
export async function fetchRoute({ httpEndpoint, fetch, apiKey }: RealtimeClient): Promise<Route | null> {
  const url = httpEndpoint.replace(/\/api\/broadcast$/, "/route");
  try {
    const answer = await fetch(url, {
      headers: { apikey: apiKey ?? "" },
      signal: AbortSignal.timeout(ROUTE_MS_MAX),
    });
    return answer.ok ? ((await answer.json()) as Route) : null;
  } catch {
    return null;
  }
}
