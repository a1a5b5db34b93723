/** The OpenAPI 3.1 document, made from the table of operations. */
import { z } from 'zod';
import { API_ERRORS, type ApiErrorCode, errorBodySchema } from '../contract/errors.ts';
import { OPERATIONS, type Operation } from '../contract/operations.ts';

type Json = Record<string, unknown>;

/** A schema as JSON Schema; named parts move to `components` and are referred to. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: Map<string, Json>): Json {
  const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }) as Json;
  const { $defs, $schema: _dialect, ...rest } = made;
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).filter(
      ([key]) => key !== 'id' || typeof (value as Json)['id'] !== 'string',
    );
    return Object.fromEntries(
      entries.map(([key, inner]) => [
        key,
        key === '$ref' && typeof inner === 'string'
          ? inner.replace('#/$defs/', '#/components/schemas/')
          : moved(inner),
      ]),
    );
  };
  for (const [name, definition] of Object.entries(($defs as Json | undefined) ?? {})) {
    components.set(name, moved(definition) as Json);
  }
  const { id } = z.globalRegistry.get(schema) ?? {};
  if (id !== undefined) {
    components.set(id, moved(rest) as Json);
    return { $ref: `#/components/schemas/${id}` };
  }
  return moved(rest) as Json;
}

function parameters(operation: Operation, components: Map<string, Json>): Json[] {
  const list: Json[] = [];
  for (const place of ['path', 'query'] as const) {
    const schema = place === 'path' ? operation.params : operation.query;
    if (!schema) continue;
    const object = jsonSchema(schema, 'input', components);
    const required = new Set((object['required'] as string[] | undefined) ?? []);
    for (const [name, property] of Object.entries((object['properties'] as Json | undefined) ?? {})) {
      const { description, ...rest } = property as Json;
      list.push({
        name,
        in: place,
        required: place === 'path' || required.has(name),
        ...(description === undefined ? {} : { description }),
        schema: rest,
      });
    }
  }
  return list;
}

/** Errors that any operation of its kind may answer with, besides its own. */
function errorCodes(operation: Operation): ApiErrorCode[] {
  const codes: ApiErrorCode[] = [
    'HOST_FORBIDDEN',
    'ORIGIN_FORBIDDEN',
    'RATE_LIMITED',
    'INTERNAL',
    'UNAVAILABLE',
  ];
  if (operation.access !== 'public') codes.push('AUTH_REQUIRED', 'AUTH_FORBIDDEN');
  if (operation.params || operation.query || operation.body) codes.push('REQUEST_INVALID');
  if (operation.body) codes.push('REQUEST_TOO_DEEP', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED');
  return [...codes, ...(operation.errors ?? [])];
}

function responses(operation: Operation, components: Map<string, Json>): Json {
  const made: Json = operation.response
    ? {
        200: {
          description: 'Done.',
          content: {
            [operation.mediaType ?? 'application/json']: {
              schema: jsonSchema(operation.response, 'output', components),
            },
          },
        },
      }
    : { 204: { description: 'Done; no body.' } };
  const byStatus = new Map<number, ApiErrorCode[]>();
  for (const code of errorCodes(operation)) {
    const status = API_ERRORS[code][0];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    made[status] = {
      description: codes.map((code) => `\`${code}\`: ${API_ERRORS[code][1]}`).join(' '),
      content: { 'application/json': { schema: jsonSchema(errorBodySchema, 'output', components) } },
    };
  }
  return made;
}

/** @param version of the program. */
export function openApiDocument(version: string): Json {
  const components = new Map<string, Json>();
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries(OPERATIONS) as [string, Operation][]) {
    const entry = paths[operation.path] ?? {};
    paths[operation.path] = entry;
    const list = parameters(operation, components);
    entry[operation.method.toLowerCase()] = {
      operationId,
      summary: operation.summary,
      'x-access': operation.access,
      security: operation.access === 'public' ? [] : [{ token: [] }, { session: [] }],
      ...(list.length === 0 ? {} : { parameters: list }),
      ...(operation.body
        ? {
            requestBody: {
              required: true,
              content: { 'application/json': { schema: jsonSchema(operation.body, 'input', components) } },
            },
          }
        : {}),
      responses: responses(operation, components),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Hyperliquid Auto-Trade',
      version,
      description:
        'Decimals are strings; times are ms since the Unix epoch, UTC. Live updates: WebSocket /ws/v1/updates, see docs/API.md.',
    },
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API token made with `autotrade token create`',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'autotrade_session_<port>',
          description: 'Browser session',
        },
      },
      schemas: Object.fromEntries([...components].sort(([a], [b]) => a.localeCompare(b))),
    },
  };
}
