import { Refusal } from "@tidewire/protocol/errors";
import { toRestAnswer } from "@tidewire/protocol/supabase/rest";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Identity } from "../auth/claims.ts";
import { UnusableToken } from "../auth/token.ts";
import type { Project } from "../projects/project.ts";
import { type BroadcastDeps, broadcastBatch, broadcastSingle, type Sender } from "./broadcast.ts";
import { ANY_ORIGIN, preflightHeaders } from "./cors.ts";
import { addressedProject } from "./project-address.ts";
import { type RequestRate, RequestRates } from "./request-rates.ts";
import { type ClientRouteDeps, describeRoute, takeRouteReport } from "./route.ts";

/** Phoenix' own limit for request bodies (protocol 4.3). */
const BODY_BYTES_MAX = 8_000_000;
const HTML = { "content-type": "text/html; charset=utf-8" };

export interface RouteDeps extends BroadcastDeps {
  clientRoute: ClientRouteDeps;
  projects: { find(ref: string): Promise<Project | undefined> };
  credentials: { identify(credential: string, project: Project["record"]): Promise<Identity> };
  metrics: {
    refused(ref: string | undefined, code: string): void;
    payload(ref: string, kind: "broadcast", bytes: number): void;
  };
  log: { error(details: object, message: string): void };
}

const ROUTE = "/realtime/v1/route";
const BATCH = ["/api/broadcast", "/realtime/v1/api/broadcast"] as const;
const SINGLE = BATCH.map((path) => `${path}/:topic/events/:event` as const);

/** The REST routes of a project, for requests whose `/p/<ref>` prefix has been taken off. */
export function createProjectRoutes(deps: RouteDeps): Hono {
  const app = new Hono();
  const requests = new RequestRates(() => performance.now());
  const answer = (c: Context, work: (sender: Sender) => Promise<unknown>) => respond(deps, requests, c, work);
  const limited = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError(c) {
      deps.metrics.refused(undefined, "BodyTooLarge");
      return c.html("Request Entity Too Large", 413);
    },
  });

  app.use("*", async (c, next) => {
    if (c.req.method === "OPTIONS") {
      return c.body(null, 204, preflightHeaders(c.req.header("access-control-request-headers")));
    }
    await next();
    c.header("access-control-allow-origin", ANY_ORIGIN["access-control-allow-origin"]);
  });
  app.get("/api/ping", async (c) => {
    const project = await findProject(deps, c);
    return project ? c.json({ message: "Success" }) : c.json({ message: "Tenant not found" }, 404);
  });
  app.get(ROUTE, (c) =>
    answer(c, async ({ project: { ref } }) => c.json(describeRoute(deps.clientRoute, ref))),
  );
  app.post(ROUTE, limited, (c) =>
    answer(c, async ({ project: { ref } }) =>
      c.json(takeRouteReport(deps.clientRoute, ref, await c.req.text())),
    ),
  );
  for (const path of BATCH) {
    app.post(path, limited, (c) =>
      answer(c, async (sender) => {
        const isJson = c.req.header("content-type")?.toLowerCase().startsWith("application/json");
        await broadcastBatch(deps, sender, isJson ? await c.req.text() : "{}");
      }),
    );
  }
  for (const path of SINGLE) {
    app.post(path, limited, (c) => {
      const contentType = c.req.header("content-type");
      // Refused before anything else is looked at (protocol 4.3, order of the checks).
      if (contentType !== undefined && !/^application\/(json|octet-stream)\s*(;|$)/i.test(contentType)) {
        return refuse(deps, c, new Refusal("UnsupportedMediaType"));
      }
      return answer(c, async (sender) => {
        const { topic = "", event = "" } = c.req.param();
        const body = new Uint8Array(await c.req.arrayBuffer());
        await broadcastSingle(deps, sender, {
          topic,
          event,
          contentType,
          body,
          private: c.req.query("private") === "true",
        });
      });
    });
  }
  return app;
}

/** The checks of protocol 4.3 in their order; then the work itself: its answer, or 202, or a refusal. */
async function respond(
  deps: RouteDeps,
  requests: RequestRates,
  c: Context,
  work: (sender: Sender) => Promise<unknown>,
): Promise<Response> {
  let project: Project | undefined;
  try {
    assertAcceptsJson(c);
    project = await findProject(deps, c);
    if (project === undefined) throw new Refusal("TenantNotFound");
    const rate = requests.take(project.ref, project.record.limits.maxEventsPerSecond);
    setRateHeaders(c, rate);
    if (!rate.ok) throw new Refusal("TooManyRequests", { retryAfterMs: rate.retryAfterMs });
    const credential = credentialOf(c);
    if (credential === undefined) throw new Refusal("MissingAPIKey");
    const { claims } = await deps.credentials.identify(credential, project.record);
    if (project.record.settings.suspended) throw new Refusal("RealtimeDisabledForTenant");
    const answer = await work({ project, claims, headers: c.req.header() });
    return answer instanceof Response ? answer : c.body(null, 202);
  } catch (error) {
    return refuse(deps, c, error, project);
  }
}

function refuse(deps: RouteDeps, c: Context, error: unknown, project?: Project): Response {
  const refusal = toRefusal(error);
  if (refusal === undefined) {
    deps.log.error({ err: error, ref: project?.ref }, "a REST broadcast failed unexpectedly");
    return c.json({ message: "Internal Server Error" }, 500);
  }
  const { code, message, retryAfterMs } = refusal;
  deps.metrics.refused(project?.ref, code);
  if (project !== undefined)
    deps.tap.emit({ ref: project.ref, kind: "refusal", from: "rest", code, message });
  const { status, body } = toRestAnswer(refusal);
  // Phoenix itself answers these, before the project is looked at: no JSON, no rates (protocol 12.22).
  if (code === "BadRequest" || code === "NotAcceptable")
    return new Response(refusal.message, { status, headers: HTML });
  const headers = new Headers(c.res.headers);
  headers.set("content-type", "application/json; charset=utf-8");
  if (retryAfterMs !== undefined) headers.set("retry-after", String(Math.ceil(retryAfterMs / 1_000)));
  return new Response(JSON.stringify(body), { status, headers });
}

function toRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  return error instanceof UnusableToken ? new Refusal("MalformedJWT", { cause: error }) : undefined;
}

function assertAcceptsJson(c: Context): void {
  const accept = c.req.header("accept");
  if (accept !== undefined && !/(\*\/\*|application\/(\*|json))/i.test(accept))
    throw new Refusal("NotAcceptable");
}

function findProject({ projects }: RouteDeps, c: Context): Promise<Project | undefined> {
  const ref = addressedProject({
    host: c.req.header("host"),
    path: originalPath(c),
    credential: credentialOf(c),
  });
  return ref === undefined ? Promise.resolve(undefined) : projects.find(ref);
}

/** With the `/p/<ref>` prefix, which the router never sees. */
function originalPath(c: Context): string {
  return new URL(c.req.raw.url).pathname;
}

/** `Authorization: Bearer` before `apikey` (protocol 4.3). */
function credentialOf(c: Context): string | undefined {
  const bearer = /^bearer\s+(\S+)\s*$/i.exec(c.req.header("authorization") ?? "")?.[1];
  return bearer ?? c.req.header("apikey") ?? c.req.header("x-api-key");
}

function setRateHeaders(c: Context, { rolling, limit, remaining }: RequestRate): void {
  c.header("x-rate-rolling", String(rolling));
  c.header("x-rate-limit", String(limit));
  c.header("x-rate-limit-remaining", String(remaining));
}
