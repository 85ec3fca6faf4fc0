import { explainAuthFailure } from "#server/explain-auth-failure.ts";
import { resources } from "#server/resources.ts";

export const dynamic = "force-dynamic";

async function serve(request: Request): Promise<Response> {
  const shared = resources();
  try {
    return await explainAuthFailure(await shared.auth.handler(request), shared);
  } catch (error) {
    shared.log.error({ err: error }, "sign-in failed");
    return explainAuthFailure(new Response(null, { status: 500 }), shared);
  }
}

export { serve as GET, serve as POST };
