import { Hono } from "hono";
import { SOCKET_PATHS } from "../socket/socket-path.ts";
import { pathWithinProject } from "./project-address.ts";
import { createProjectRoutes, type RouteDeps } from "./routes.ts";

export interface HttpAppDeps extends RouteDeps {
  /** Whether clients may be sent here. */
  isReady(): boolean;
  exposition: { text(): Promise<string>; readonly contentType: string };
}

/** Everything a node answers over plain HTTP on its public port; WebSocket upgrades never reach it. */
export function createHttpApp(deps: HttpAppDeps): Hono {
  const app = new Hono({
    // `/p/<ref>` in front changes whose project it is, not which route it is.
    getPath: (request) => pathWithinProject(new URL(request.url).pathname).replace(/(?<=.)\/$/, ""),
  });
  app.get("/livez", (c) => c.text("ok"));
  app.get("/healthcheck", (c) => c.text("ok"));
  app.get("/readyz", (c) => (deps.isReady() ? c.text("ok") : c.text("not ready", 503)));
  app.get("/metrics", async (c) => {
    const text = await deps.exposition.text();
    return c.body(text, 200, { "content-type": deps.exposition.contentType });
  });
  // Anything but an upgrade by GET (protocol 1.1, 12.5).
  for (const path of SOCKET_PATHS) app.all(path, (c) => c.body(null, 400));
  app.route("/", createProjectRoutes(deps));
  app.notFound((c) => c.html("Not Found", 404));
  app.onError((error, c) => {
    deps.log.error({ err: error }, "an HTTP request failed unexpectedly");
    return c.json({ message: "Internal Server Error" }, 500);
  });
  return app;
}
