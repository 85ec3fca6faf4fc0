const PREFLIGHT_AGE_SECONDS = 7_200;
const HEADERS = "authorization, apikey, content-type, x-client-info";

export const ANY_ORIGIN = { "access-control-allow-origin": "*" } as const;

/** What a browser asks before it posts; the hosted gateway answers it, but here nobody stands in front. */
export function preflightHeaders(requested: string | null | undefined): Record<string, string> {
  return {
    ...ANY_ORIGIN,
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": requested || HEADERS,
    "access-control-max-age": String(PREFLIGHT_AGE_SECONDS),
  };
}
