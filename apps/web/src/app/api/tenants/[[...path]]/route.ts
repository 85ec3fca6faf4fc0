import { resources } from "#server/resources.ts";
import { serveTenantApi } from "#server/tenant-api/serve.ts";

export const dynamic = "force-dynamic";

function serve(request: Request): Promise<Response> {
  return serveTenantApi(request, resources());
}

export { serve as DELETE, serve as GET, serve as PATCH, serve as POST, serve as PUT };
