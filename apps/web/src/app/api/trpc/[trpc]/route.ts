import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createContext } from "#server/create-context.ts";
import { resources } from "#server/resources.ts";
import { appRouter } from "#server/root.ts";

export const dynamic = "force-dynamic";

function serve(request: Request): Promise<Response> {
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req: request,
    router: appRouter,
    createContext: () => createContext(request.headers),
    onError({ error, path }) {
      if (error.code === "INTERNAL_SERVER_ERROR")
        resources().log.error({ err: error.cause ?? error, path }, "request failed");
    },
  });
}

export { serve as GET, serve as POST };
