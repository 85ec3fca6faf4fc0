import { expect, test } from "vitest";
import { toOpenApi } from "./openapi.ts";
import { toOpenApiPage } from "./openapi-page.ts";

const document = toOpenApi();

test("every operation of protocol 10 is described", () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== "parameters")
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations).toEqual([
    "GET /api/tenants",
    "POST /api/tenants",
    "GET /api/tenants/{id}",
    "PUT /api/tenants/{id}",
    "PATCH /api/tenants/{id}",
    "DELETE /api/tenants/{id}",
    "POST /api/tenants/{id}/reload",
    "POST /api/tenants/{id}/shutdown",
    "GET /api/tenants/{id}/health",
  ]);
});

test("what goes in is what the API takes", () => {
  expect(document.components.schemas.TenantInput).toMatchObject({
    type: "object",
    required: ["tenant"],
    properties: {
      tenant: {
        required: ["external_id"],
        properties: {
          external_id: { type: "string", pattern: expect.any(String) },
          max_concurrent_users: { type: "integer", exclusiveMinimum: 0 },
          private_only: { type: ["boolean", "null"] },
          extensions: {
            type: "array",
            items: {
              properties: {
                settings: {
                  required: ["region", "db_host", "db_port", "db_name", "db_user", "db_password"],
                },
              },
            },
          },
        },
      },
    },
  });
});

test("every reference leads to a schema", () => {
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(10);
  for (const [, name = ""] of references) expect(document.components.schemas).toHaveProperty(name);
});

test("the page names every operation and shows every schema, as text", () => {
  const page = toOpenApiPage({
    ...document,
    info: { ...document.info, description: "<script>alert(1)</script>" },
  });
  for (const path of Object.keys(document.paths)) expect(page).toContain(`<code>${path}</code>`);
  for (const name of Object.keys(document.components.schemas)) expect(page).toContain(`id="${name}"`);
  expect(page).not.toContain("<script");
});
