import { z } from "zod";
import { TenantHealth } from "../services/tenants/read-tenant-health.ts";
import { Extension, Settings } from "./extension.ts";
import { Fields } from "./parse-tenant.ts";
import type { Operation } from "./serve.ts";
import { ShownTenant } from "./to-tenant.ts";

interface Description {
  summary: string;
  body?: true;
  /** Status -> what it means, and whether there is a body. */
  answers: Record<number, [text: string, schema?: SchemaName]>;
}
type SchemaName = "TenantList" | "TenantAnswer" | "HealthAnswer" | "Message" | "Errors";

const NOT_FOUND: [string, SchemaName] = ["No tenant has this external id.", "Message"];
const UPSERT: Omit<Description, "summary"> = {
  body: true,
  answers: {
    200: ["It existed and was changed.", "TenantAnswer"],
    201: ["It was made.", "TenantAnswer"],
    422: ["By field, what is wrong; nothing was written.", "Errors"],
  },
};

const DESCRIPTIONS: Record<Operation, Description> = {
  "GET /": { summary: "List tenants", answers: { 200: ["All of them.", "TenantList"] } },
  "POST /": { summary: "Make a tenant, or change the one of this external id", ...UPSERT },
  "GET /{id}": {
    summary: "Read a tenant",
    answers: { 200: ["The tenant, without its password.", "TenantAnswer"], 404: NOT_FOUND },
  },
  "PUT /{id}": { summary: "Make or change a tenant", ...UPSERT },
  "PATCH /{id}": { summary: "Make or change a tenant", ...UPSERT },
  "DELETE /{id}": {
    summary: "Delete a tenant, disconnect its clients and drop its slot",
    answers: { 204: ["It is gone, or never was."] },
  },
  "POST /{id}/reload": {
    summary: "Disconnect all clients and the database; clients reconnect by themselves",
    answers: { 204: ["Done."], 404: NOT_FOUND },
  },
  "POST /{id}/shutdown": {
    summary: "Disconnect the database only",
    answers: { 204: ["Done."], 404: NOT_FOUND },
  },
  "GET /{id}/health": {
    summary: "Whether a tenant is served, and where",
    answers: { 200: ["Also when it is unhealthy.", "HealthAnswer"], 404: NOT_FOUND },
  },
};

const Sentences = z.array(z.string());
const SCHEMAS = {
  Tenant: ShownTenant,
  TenantInput: z.object({
    tenant: Fields.extend({ extensions: z.array(Extension.extend({ settings: Settings })).optional() }),
  }),
  TenantList: z.object({ data: z.array(ShownTenant) }),
  TenantAnswer: z.object({ data: ShownTenant }),
  HealthAnswer: z.object({ data: TenantHealth }),
  Message: z.object({ message: z.string() }),
  Errors: z.object({
    errors: z.record(z.string(), z.union([Sentences, z.array(z.object({ settings: Sentences }))])),
  }),
};

/** The tenant API as OpenAPI 3.1, from the schemas that judge what comes in and shape what goes out. */
export function toOpenApi() {
  const paths: Record<string, Record<string, object>> = {};
  for (const [operation, description] of Object.entries(DESCRIPTIONS)) {
    const [method = "", path = ""] = operation.split(" ");
    const full = `/api/tenants${path === "/" ? "" : path}`;
    paths[full] ??= path.includes("{id}") ? { parameters: [PATH_ID] } : {};
    Object.assign(paths[full], { [method.toLowerCase()]: toOperation(description) });
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tidewire tenant API",
      version: "1",
      description: "Supabase Realtime's management API, onto Tidewire's projects.",
    },
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, schema]) => [name, toJsonSchema(schema)]),
      ),
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "HS256, HS384 or HS512 with API_JWT_SECRET or API_JWT_SECRET_NEXT",
        },
      },
    },
  };
}

const PATH_ID = {
  name: "id",
  in: "path",
  required: true,
  description: "The external id",
  schema: { type: "string" },
};

function toOperation({ summary, body, answers }: Description) {
  const responses = Object.entries(answers).map(([status, [description, schema]]) => [
    status,
    schema === undefined ? { description } : { description, ...toContent(schema) },
  ]);
  return {
    summary,
    ...(body && { requestBody: { required: true, ...toContent("TenantInput") } }),
    responses: {
      ...Object.fromEntries(responses),
      403: { description: "The token is missing, wrong, run out or blocked. No body." },
    },
  };
}

function toContent(schema: SchemaName | "TenantInput") {
  return { content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } } };
}

/** What a client may leave out is optional; what is read before it is judged is shown as what it is judged as. */
function toJsonSchema(schema: z.core.$ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      if (def.type === "pipe") Object.assign(jsonSchema, toJsonSchema(def.out));
    },
  });
  return rest;
}
