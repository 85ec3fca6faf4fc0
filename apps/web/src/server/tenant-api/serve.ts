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

async function route(request: Request, resources: Resources): Promise<Response> {
  const [id, verb, ...rest] = segments(new URL(request.url).pathname);
  const asked = `${request.method} ${id === undefined ? "" : ":id"}${verb === undefined ? "" : `/${verb}`}`;
  if (rest.length > 0 || (id !== undefined && !ID.test(id))) return message("not found", 404);
  switch (asked) {
    case "GET ":
      return Response.json({ data: await listTenants(resources) });
    case "POST ":
      return upsert(request, resources);
    case "PUT :id":
    case "PATCH :id":
      return upsert(request, resources, id);
    case "GET :id":
      return found(await findTenant(resources, id ?? ""));
    case "DELETE :id":
      await deleteTenant(resources, id ?? "");
      return new Response(null, { status: 204 });
    case "POST :id/reload":
      return done(await reloadTenant(resources, id ?? ""));
    case "POST :id/shutdown":
      return done(await shutdownTenant(resources, id ?? ""));
    case "GET :id/health":
      return found(await readTenantHealth(resources, id ?? ""));
    default:
      return message("not found", 404);
  }
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
