import type { Resources } from "../resources.ts";
import { DeleteRefused, deleteTenant } from "../services/tenants/delete-tenant.ts";
import { findTenant, listTenants } from "../services/tenants/find-tenant.ts";
import { readTenantHealth } from "../services/tenants/read-tenant-health.ts";
import { reloadTenant, shutdownTenant } from "../services/tenants/reload-tenant.ts";
import { upsertTenant } from "../services/tenants/upsert-tenant.ts";
import { InvalidTenant } from "./invalid-tenant.ts";
import { isOperator } from "./is-operator.ts";
import { parseTenant } from "./parse-tenant.ts";

const BASE = "/api/tenants";
const BODY_BYTES_MAX = 1_000_000;
const ID = /^[^/]{1,200}$/;

/** Supabase's management API for self-hosters (protocol 10), onto projects. Never rejects. */
export async function serveTenantApi(request: Request, resources: Resources): Promise<Response> {
  if (!(await isOperator(request.headers, resources.env))) return new Response(null, { status: 403 });
  try {
    return await route(request, resources);
  } catch (error) {
    if (error instanceof InvalidTenant) return Response.json({ errors: error.errors }, { status: 422 });
    if (error instanceof DeleteRefused) return message(error.message, error.status);
    resources.log.error({ err: error }, "a request for the tenant API failed");
    return message("Internal Server Error", 500);
  }
}

interface Asked {
  request: Request;
  resources: Resources;
  /** Empty where the path has none. */
  id: string;
}

/** Every operation, by method and path below `/api/tenants`. */
const OPERATIONS = {
  "GET /": async ({ resources }: Asked) => Response.json({ data: await listTenants(resources) }),
  "POST /": ({ request, resources }: Asked) => upsert(request, resources),
  "GET /{id}": async ({ resources, id }: Asked) => found(await findTenant(resources, id)),
  "PUT /{id}": ({ request, resources, id }: Asked) => upsert(request, resources, id),
  "PATCH /{id}": ({ request, resources, id }: Asked) => upsert(request, resources, id),
  async "DELETE /{id}"({ resources, id }: Asked) {
    await deleteTenant(resources, id);
    return new Response(null, { status: 204 });
  },
  "POST /{id}/reload": async ({ resources, id }: Asked) => done(await reloadTenant(resources, id)),
  "POST /{id}/shutdown": async ({ resources, id }: Asked) => done(await shutdownTenant(resources, id)),
  "GET /{id}/health": async ({ resources, id }: Asked) => found(await readTenantHealth(resources, id)),
} as const;
export type Operation = keyof typeof OPERATIONS;

async function route(request: Request, resources: Resources): Promise<Response> {
  const [id, verb, ...rest] = segments(new URL(request.url).pathname);
  const path = `/${[id === undefined ? [] : "{id}", verb ?? []].flat().join("/")}`;
  const asked = `${request.method} ${path}`;
  if (rest.length > 0 || (id !== undefined && !ID.test(id)) || !isOperation(asked)) {
    return message("not found", 404);
  }
  return OPERATIONS[asked]({ request, resources, id: id ?? "" });
}

function isOperation(asked: string): asked is Operation {
  return Object.hasOwn(OPERATIONS, asked);
}

async function upsert(request: Request, resources: Resources, id?: string): Promise<Response> {
  const text = await request.text();
  if (text.length > BODY_BYTES_MAX) return message("Request Entity Too Large", 413);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return message("Bad Request", 400);
  }
  const { tenant, isNew } = await upsertTenant(resources, parseTenant(body, id));
  const headers = { location: `${BASE}/${encodeURIComponent(tenant.external_id)}` };
  return Response.json({ data: tenant }, { status: isNew ? 201 : 200, headers });
}

function segments(pathname: string): string[] {
  const path = pathname.slice(BASE.length);
  return path
    .split("/")
    .filter((part) => part !== "")
    .map(decode);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function found(data: object | undefined): Response {
  return data === undefined ? message("not found", 404) : Response.json({ data });
}

function done(isKnown: boolean): Response {
  return isKnown ? new Response(null, { status: 204 }) : message("not found", 404);
}

function message(text: string, status: number): Response {
  return Response.json({ message: text }, { status });
}
