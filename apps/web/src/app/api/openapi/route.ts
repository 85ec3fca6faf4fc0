import { toOpenApi } from "#server/tenant-api/openapi.ts";

/** Of the tenant API, for whoever generates a client; it says nothing of this installation, so anybody may read it. */
export function GET(): Response {
  return Response.json(toOpenApi());
}
