import { Hono } from "hono";
import type { Listener } from "../socket/listener.ts";
import { LONG_POLL_PATHS, SOCKET_PATHS } from "../socket/socket-path.ts";
import type { Arrival } from "./arrival.ts";
import { forwardTenantApi, TENANT_API_PATHS } from "./control-plane.ts";
import { createMetricsRoute, type MetricsRouteDeps } from "./metrics-route.ts";
import { pathWithinProject } from "./project-address.ts";
import { createProjectRoutes, type RouteDeps } from "./routes.ts";

export interface HttpAppDeps extends RouteDeps {
  longPolling: Pick<Listener, "poll">;
  /** Whether clients may be sent here. */
  isReady(): boolean;
  metricsRoute: MetricsRouteDeps;
  /** Where the tenant API is answered; undefined when nobody said. */
  controlUrl: string | undefined;
}

/** Everything a node answers over plain HTTP; WebSocket upgrades never reach it. */
export function createHttpApp(deps: HttpAppDeps): Hono<Arrival> {
  const app = new Hono<Arrival>({
    // `/p/<ref>` in front changes whose project it is, not which route it is.
    getPath: (request) => pathWithinProject(new URL(request.url).pathname).replace(/(?<=.)\/$/, ""),
  });
  app.get("/livez", (c) => c.text("ok"));
  app.get("/healthcheck", (c) => c.text("ok"));
  app.get("/readyz", (c) => (deps.isReady() ? c.text("ok") : c.text("not ready", 503)));
  app.route("/metrics", createMetricsRoute(deps.metricsRoute));
  for (const path of TENANT_API_PATHS) app.all(path, (c) => forwardTenantApi(c.req.raw, deps));
  // Anything but an upgrade by GET (protocol 1.1, 12.5).
  for (const path of SOCKET_PATHS) app.all(path, (c) => c.body(null, 400));
  for (const path of LONG_POLL_PATHS) {
    app.all(path, (c) => deps.longPolling.poll({ incoming: c.env.incoming, request: c.req.raw }));
  }
  app.route("/", createProjectRoutes(deps));
  app.notFound((c) => c.html("Not Found", 404));
  app.onError((error, c) => {
    deps.log.error({ err: error }, "an HTTP request failed unexpectedly");
    return c.json({ message: "Internal Server Error" }, 500);
  });
  return app;
}

/** The same app for the admin port, where a request is known to come from inside. */
export function asPrivate(app: Hono<Arrival>) {
  return {
    fetch: (request: Request, env?: object) => app.fetch(request, { ...env, isPrivate: true }),
  };
}
