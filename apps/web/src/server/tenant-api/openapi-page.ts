import type { toOpenApi } from "./openapi.ts";

const STYLE = `body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}
td{padding:.2rem 1rem .2rem 0;vertical-align:top}pre{overflow:auto;background:#8882;padding:.5rem}`;

/** The document for people: one page that needs nothing but itself. */
export function toOpenApiPage({ info, paths, components }: ReturnType<typeof toOpenApi>): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => method !== "parameters")
      .map(([method, operation]) => {
        const { summary, responses } = operation as { summary: string; responses: object };
        const statuses = Object.keys(responses).join(", ");
        return `<tr><td>${method.toUpperCase()}</td><td><code>${escapeHtml(path)}</code></td><td>${escapeHtml(summary)}</td><td>${statuses}</td></tr>`;
      }),
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="${name}"><summary>${name}</summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(info.title)}</title><style>${STYLE}</style>
<h1>${escapeHtml(info.title)}</h1><p>${escapeHtml(info.description)} The document itself: <a href="/api/openapi">/api/openapi</a>.</p>
<table>${rows.join("")}</table><h2>Schemas</h2>${schemas.join("")}</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
