/** The OpenAPI document as one readable page: no script, one stylesheet from here. */
interface DocumentedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-access': string;
  readonly parameters?: readonly { name: string; in: string; required: boolean; description?: string }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { description: string }>>;
}

export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

function operationSection(method: string, path: string, operation: DocumentedOperation): string {
  const parameters = (operation.parameters ?? [])
    .map(
      (parameter) =>
        `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${parameter.in}${parameter.required ? ', required' : ''}</td>` +
        `<td>${escapeHtml(parameter.description ?? '')}</td></tr>`,
    )
    .join('');
  const responses = Object.entries(operation.responses)
    .map(([status, response]) => `<tr><td>${status}</td><td>${escapeHtml(response.description)}</td></tr>`)
    .join('');
  return (
    `<section id="${escapeHtml(operation.operationId)}"><h2><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h2>` +
    `<p>${escapeHtml(operation.summary)} <small>Access: ${escapeHtml(operation['x-access'])}.</small></p>` +
    (parameters === '' ? '' : `<table><caption>Parameters</caption>${parameters}</table>`) +
    `<details><summary>Answers</summary><table>${responses}</table></details></section>`
  );
}

export function docsPage(document: Document): string {
  const sections = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSection(method, path, operation)),
  );
  const schemas = Object.entries(document.components.schemas)
    .map(
      ([name, schema]) =>
        `<details><summary><code>${escapeHtml(name)}</code></summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`,
    )
    .join('');
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${escapeHtml(document.info.title)} API</title><link rel="stylesheet" href="/api/docs/style.css"></head><body><main>` +
    `<h1>${escapeHtml(document.info.title)} API <small>${escapeHtml(document.info.version)}</small></h1>` +
    `<p>${escapeHtml(document.info.description)} The same as <a href="/api/docs/openapi.json">OpenAPI 3.1</a>.</p>` +
    `${sections.join('')}<h2>Schemas</h2>${schemas}</main></body></html>`
  );
}

export const DOCS_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; } main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h2 { font-size: 1.1rem; border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding-top: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; } pre { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; font-weight: 600; }
td { padding: 0.25rem 0.75rem 0.25rem 0; vertical-align: top; } summary { cursor: pointer; padding: 0.25rem 0; }
`;
