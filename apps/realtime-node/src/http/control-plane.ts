import { pathWithinProject } from "./project-address.ts";
import { readBody } from "./read-body.ts";

/** Making a tenant includes its migrations, for which the control plane waits ten seconds. */
const DEADLINE_MS = 20_000;
const BODY_BYTES_MAX = 1_000_000;
const PASSED_ON = ["authorization", "content-type", "accept"] as const;
const PASSED_BACK = ["content-type", "location"] as const;

interface Options {
  controlUrl: string | undefined;
  log: { error(details: object, message: string): void };
}

/** Paths of the management API (protocol 10). */
export const TENANT_API_PATHS = ["/api/tenants/*", "/api/openapi", "/swaggerui"] as const;

/**
 * The management API (protocol 10) is answered by the control plane, which alone may write: a node passes the request on
 * as it is, with its token unread, and the answer back (decision 0009).
 */
export async function forwardTenantApi(request: Request, { controlUrl, log }: Options): Promise<Response> {
  if (controlUrl === undefined) {
    return unavailable(
      "This node knows no control plane. Set TIDEWIRE_CONTROL_URL, or ask the dashboard's address.",
    );
  }
  const { pathname, search } = new URL(request.url);
  const path = pathWithinProject(pathname);
  const body = await readBody(request, BODY_BYTES_MAX);
  if (body === null) return Response.json({ message: "Request Entity Too Large" }, { status: 413 });
  try {
    const answer = await fetch(`${controlUrl}${path}${search}`, {
      method: request.method,
      headers: pick(request.headers, PASSED_ON),
      ...(body.byteLength > 0 && { body }),
      redirect: "manual",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const content = await answer.arrayBuffer();
    const headers = pick(answer.headers, PASSED_BACK);
    return new Response(content.byteLength === 0 ? null : content, { status: answer.status, headers });
  } catch (err) {
    log.error({ err }, "the control plane did not answer a request for the tenant API");
    return unavailable("The control plane does not answer. Projects are served on; try again later.");
  }
}

function pick(headers: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}

function unavailable(message: string): Response {
  return Response.json({ message }, { status: 503 });
}
