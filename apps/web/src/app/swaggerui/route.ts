import { toOpenApi } from "#server/tenant-api/openapi.ts";
import { toOpenApiPage } from "#server/tenant-api/openapi-page.ts";

/** Under the address that Supabase Realtime has its own. */
export function GET(): Response {
  return new Response(toOpenApiPage(toOpenApi()), {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}
